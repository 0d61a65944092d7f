package plan

import (
	"net/netip"
	"time"
)

// PortShare is what ports the agents of a machine have to choose from when they connect.
type PortShare struct {
	Each []int         // by agent; 0 where it is not known how long ports are kept
	Kept time.Duration // a port is, by a connection that was closed here first
}

// PortsOf gives that for agents with such sources, as Sources deals them out: the ports of
// each address are there for each destination, and shared evenly by the agents that have it.
func PortsOf(m Machine, to []netip.AddrPort, sources [][]netip.Addr) PortShare {
	p := PortShare{Each: make([]int, len(sources)), Kept: keptFor(m, to)}
	if p.Kept == 0 {
		return p
	}
	users := map[netip.Addr]int{}
	for _, mine := range sources {
		for _, a := range choice(mine) {
			users[a]++
		}
	}
	for i, mine := range sources {
		for _, a := range choice(mine) {
			p.Each[i] += freePorts(m) * len(to) / users[a]
		}
	}
	return p
}

// choice is the sources of an agent; the zero address is that which the kernel takes.
func choice(mine []netip.Addr) []netip.Addr {
	if len(mine) == 0 {
		return []netip.Addr{{}}
	}
	return mine
}
