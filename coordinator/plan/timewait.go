package plan

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// Who closes a connection first keeps its port for the destination in TIME_WAIT: for
// a minute on Linux, or until it is taken again, which tcp_tw_reuse allows after a
// second, for everyone (1) or on loopback (2).
const (
	keptLong  = time.Minute
	keptShort = time.Second
)

// keptFor is how long a closed connection keeps its port on a machine; 0 = not known.
func keptFor(m Machine, to []netip.AddrPort) time.Duration {
	switch {
	case m.TwReuse.Is != Known || len(to) == 0:
		return 0
	case m.TwReuse.N == 1, m.TwReuse.N == 2 && !slices.ContainsFunc(to, func(a netip.AddrPort) bool { return !a.Addr().IsLoopback() }):
		return keptShort
	}
	return keptLong
}

// Closed is how many connections are closed here first, at most and as far as that is
// known, within a minute and within a second.
type Closed struct{ InMinute, InSecond int }

// each is the part of one of so many agents.
func (c Closed) each(agents int) Closed {
	return Closed{ceilDiv(c.InMinute, agents), ceilDiv(c.InSecond, agents)}
}

// kept is how many ports the closed connections of an agent keep.
func (p Place) kept(m Machine, to []netip.AddrPort) int {
	switch keptFor(m, to) {
	case keptLong:
		return p.Closed.InMinute
	case keptShort:
		return p.Closed.InSecond
	}
	return 0
}

// tooManyClosed refuses connections that would be fine if they were not closed so often.
func tooManyClosed(p Place, m Machine, to []netip.AddrPort, own []netip.Addr) error {
	kept, have := keptFor(m, to), max(1, len(own))
	all := p
	all.Connections += p.kept(m, to)
	ports := usablePorts(m)
	room := mostFrom(have, p.Agents, ports*len(to)) - p.Agents*p.Connections
	return refuse(TimeWait, "%s; with %s to %s that takes %s, and machine %s has %d: one address has %s ports for one destination "+
		"(half of the range; beyond that connecting crawls); %sadd addresses or machines, take close: reset or reuse: shared, or a connect_rate of at most %s/s",
		keptWords(p, m, to), times(p.Agents*p.Connections, "connection"), destinations(to), sourcesWords(all, ports*len(to)), m.Name, have,
		Thousands(ports), reuseWords(kept), decimal(math.Floor(float64(max(room, 0))/kept.Seconds())))
}

// keptWords is the arithmetic of a place's closed connections.
func keptWords(p Place, m Machine, to []netip.AddrPort) string {
	return fmt.Sprintf("closing up to %s first within a second keeps up to %s in TIME_WAIT, each for %s (net.ipv4.tcp_tw_reuse is %s)",
		times(p.Agents*p.Closed.InSecond, "connection"), times(p.Agents*p.kept(m, to), "port"), keptFor(m, to), m.TwReuse)
}

func reuseWords(kept time.Duration) string {
	if kept == keptLong {
		return "set net.ipv4.tcp_tw_reuse=1, "
	}
	return ""
}

// mendReuse lets ports be taken again a second after they were closed.
func (t *trial) mendReuse() []string {
	if keptFor(t.machine, t.to) != keptLong {
		return t.mendPorts()
	}
	t.machine.TwReuse = Exactly(1)
	return []string{reuseCommand}
}

const reuseCommand = "sysctl -w net.ipv4.tcp_tw_reuse=1"

// churns says whether the demand opens a connection for each request.
func (x exam) churns() bool {
	return slices.ContainsFunc(x.d.Scenario.Phases, func(p scenarios.Phase) bool { return p.Pool.Reuse == scenarios.ReuseNone })
}

// reuseSum is what closing first costs the demand in ports.
func (x exam) reuseSum() string {
	if r := x.t.refused(TimeWait); r != nil {
		return r.Text
	}
	p := x.t.place
	switch {
	case !x.placed():
		return ""
	case p.Closed.InMinute == 0 && x.churns():
		return "each request asks the target to close its connection, so that the port is not kept here"
	case p.Closed.InMinute == 0:
		return ""
	case len(x.d.To) == 0:
		return fmt.Sprintf("up to %s closed first within a second; the target's address is not known", times(p.Agents*p.Closed.InSecond, "connection"))
	case keptFor(x.f.Machine, x.d.To) == 0:
		return ""
	}
	return keptWords(p, x.f.Machine, x.d.To)
}
