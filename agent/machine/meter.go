package machine

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Meter tells what the whole machine did since it was last read. One process a machine
// has one: reading takes some tenths of a millisecond where there are many cores.
type Meter struct {
	last  counters
	speed map[string]uint64 // of links, in bytes a second; 0 = not known
}

// briefest is the least time that figures can be told of: the kernel counts its ticks
// of 10 ms.
const briefest = 100 * time.Millisecond

// Read gives what happened since the last call. Nothing is known at the first, nor
// right after another.
func (m *Meter) Read() stats.MachineVitals {
	now := Monotonic()
	if m.last.at != 0 && now-m.last.at < int64(briefest) {
		return stats.MachineVitals{}
	}
	return m.take(m.count(now))
}

func (m *Meter) take(now counters) (v stats.MachineVitals) {
	if m.last.at != 0 {
		v = now.since(&m.last)
		v.LinkShare = now.linkShare(&m.last, m.speed)
	}
	m.last = now
	return v
}

// counters are what a machine has counted since it was started.
type counters struct {
	at    int64 // on the monotonic clock
	cores []coreTicks
	// pressure is the time in which something waited for a core.
	pressure                                       stats.Reading[time.Duration]
	segments, retransmitted, listenFull, listenOut stats.Reading[uint64]
	packets, drops                                 stats.Reading[uint64]
	received, sent                                 stats.Reading[uint64] // bytes; of links but the loopback
	links                                          map[string]linkBytes
}

// coreTicks are what one core spent its time with.
type coreTicks struct{ busy, softIRQ, steal, all uint64 }

type linkBytes struct{ in, out uint64 }

func (c *counters) since(then *counters) stats.MachineVitals {
	v := stats.MachineVitals{
		Segments: c.segments.Since(then.segments), Retransmitted: c.retransmitted.Since(then.retransmitted),
		ListenOverflows: c.listenFull.Since(then.listenFull), ListenDrops: c.listenOut.Since(then.listenOut),
		Packets: c.packets.Since(then.packets), Drops: c.drops.Since(then.drops),
		Received: c.received.Since(then.received), Sent: c.sent.Since(then.sent),
	}
	if waited := c.pressure.Since(then.pressure); waited.Known {
		v.Pressure = stats.Read(min(float64(waited.Value)/float64(c.at-then.at), 1))
	}
	if len(c.cores) > 0 && len(c.cores) == len(then.cores) {
		coresSince(&v, c.cores, then.cores)
	}
	return v
}

func coresSince(v *stats.MachineVitals, now, then []coreTicks) {
	v.Cores, v.BusiestCore, v.SoftIRQ = stats.Read(uint64(len(now))), stats.Read(0.0), stats.Read(0.0)
	var busy float64
	var stolen, all uint64
	for i, c := range now {
		t := then[i]
		if c.all <= t.all || c.busy < t.busy || c.softIRQ < t.softIRQ || c.steal < t.steal {
			continue // an idle core's figures may even go back a little
		}
		ticks := float64(c.all - t.all)
		share := float64(c.busy-t.busy) / ticks
		busy += share
		v.BusiestCore.Value = max(v.BusiestCore.Value, share)
		v.SoftIRQ.Value = max(v.SoftIRQ.Value, float64(c.softIRQ-t.softIRQ)/ticks)
		stolen, all = stolen+c.steal-t.steal, all+c.all-t.all
	}
	v.Busy = stats.Read(busy)
	if all > 0 {
		v.Steal = stats.Read(float64(stolen) / float64(all))
	}
}

func (c *counters) linkShare(then *counters, speed map[string]uint64) (most stats.Reading[float64]) {
	for name, now := range c.links {
		before, ok := then.links[name]
		if !ok || speed[name] == 0 || now.in < before.in || now.out < before.out {
			continue
		}
		bytes := max(now.in-before.in, now.out-before.out)
		most = most.Max(stats.Read(float64(bytes) / time.Duration(c.at-then.at).Seconds() / float64(speed[name])))
	}
	return most
}
