package price

import "math"

// What a packet takes on an Ethernet beside its data: 14 bytes of Ethernet, 20 of IPv4, 32 of TCP with time stamps. It carries
// 1448 bytes of data in a frame of 1500, and one in two packets is acknowledged by an empty one (RFC 9293, 3.8.6.3).
const (
	packetOverhead = 66
	packetData     = 1448
)

// wire is how many bytes of packets carry data of one request one way, and acknowledge what came the other.
func wire(data, other int) int { return data + packetOverhead*(packets(data)+(packets(other)+1)/2) }

func packets(data int) int { return (data + packetData - 1) / packetData }

// out and in are bytes a second of packets, of all machines.
func (l Load) out() float64 { return l.Rate * float64(wire(l.Up, l.Down)) }
func (l Load) in() float64  { return l.Rate * float64(wire(l.Down, l.Up)) }

// mbits is bytes a second in Mbit/s.
func mbits(bytes float64) float64 { return bytes * 8 / 1e6 }

// What a machine takes in, Mbit/s, by the cards of all plans (2026). The API does not tell it.
const networkIn = 40_000

// egressOf is what one of so many machines sends at most, in bytes a second.
func (l Load) egressOf(machines int) int64 {
	return int64(math.Ceil(l.out() / float64(max(machines, 1))))
}
