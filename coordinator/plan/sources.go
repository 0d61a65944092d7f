package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Ephemeral ports assumed when a machine does not say: Linux's default.
const (
	defaultPortLow  = 32768
	defaultPortHigh = 60999
)

func portRange(m Machine) (low, high int) {
	if m.PortLow <= 0 || m.PortHigh < m.PortLow {
		return defaultPortLow, defaultPortHigh
	}
	return m.PortLow, m.PortHigh
}

// usablePorts is how many connections one source address can have to one
// destination: half of the ports there are. Past that a kernel searches long for each
// next port, and connects crawl.
func usablePorts(m Machine) int { return max(1, freePorts(m)/2) }

// freePorts is how many ports the kernel gives out for one source address: those of the
// range that are not reserved.
func freePorts(m Machine) int {
	low, high := portRange(m)
	return high - low + 1 - reservedPorts(m)
}

// reservedPorts is how many of the range are reserved.
func reservedPorts(m Machine) (n int) {
	low, high := portRange(m)
	for part := range strings.SplitSeq(m.Reserved, ",") {
		first, last, is := strings.Cut(strings.TrimSpace(part), "-")
		if !is {
			last = first
		}
		a, err1 := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err1 == nil && err2 == nil {
			n += max(0, min(b, high)-max(a, low)+1)
		}
	}
	return min(n, high-low+1)
}

// rangeWords is the range, and what is missing in it.
func rangeWords(m Machine) string {
	low, high := portRange(m)
	if n := reservedPorts(m); n > 0 {
		return fmt.Sprintf("%d–%d less %s reserved", low, high, Thousands(n))
	}
	return fmt.Sprintf("%d–%d", low, high)
}

// Sources gives each agent of a machine its source addresses for connections
// to the destinations. An empty list leaves the choice to the kernel: one
// address has enough ports. own are addresses of the machine that were asked for, and
// all are used; without them a target that is not on loopback has one. Each may serve
// several agents, but only as far as its ports go. Those that closed connections keep count as taken.
func Sources(p Place, m Machine, to []netip.AddrPort, own []netip.Addr) ([][]netip.Addr, error) {
	sources, err := sourcesOf(p, m, to, own)
	kept := p.kept(m, to)
	if err != nil || kept == 0 {
		return sources, err
	}
	all := p
	all.Connections += kept
	sources, err = sourcesOf(all, m, to, own)
	if r, ok := errors.AsType[*Refusal](err); ok && r.Subject == Ports {
		return nil, tooManyClosed(p, m, to, usable(own, to[0].Addr()))
	}
	return sources, err
}

func sourcesOf(p Place, m Machine, to []netip.AddrPort, own []netip.Addr) ([][]netip.Addr, error) {
	sources := make([][]netip.Addr, p.Agents)
	each := usablePorts(m) * max(1, len(to))
	if len(own) == 0 && p.Agents*p.Connections <= each || len(to) == 0 {
		return sources, nil
	}
	if families(to) > 1 {
		return nil, mixedFamilies(p, to)
	}
	apiece := max(1, ceilDiv(p.Connections, each))
	if len(own) == 0 && to[0].Addr().IsLoopback() && to[0].Addr().Is4() && m.OS != "darwin" {
		return loopbackSources(sources, apiece), nil
	}
	mine := usable(own, to[0].Addr())
	if len(mine) == 0 && len(own) > 0 {
		return nil, noneUsable(own, to[0])
	}
	if need := sourcesFor(p, each); len(mine) < need {
		return nil, tooFewSources(p, m, to, max(1, len(mine)))
	}
	return deal(sources, mine, apiece, sharers(p, each)), nil
}

// sharers is how many agents can share an address that has ports for each connections.
func sharers(p Place, each int) int {
	if p.Agents*p.Connections <= each {
		return p.Agents
	}
	return max(1, each/max(p.Connections, 1))
}

// deal gives each agent its part of the addresses where there are enough, else agents
// share one, together as many as its ports go for.
func deal(sources [][]netip.Addr, own []netip.Addr, apiece, together int) [][]netip.Addr {
	n := len(sources)
	for i := range sources {
		if len(own) >= n*apiece {
			sources[i] = own[i*len(own)/n : (i+1)*len(own)/n]
			continue
		}
		first := i / together * apiece
		sources[i] = own[first : first+apiece]
	}
	return sources
}

// sourcesFor is how many source addresses the agents of a place need, where each has
// ports for so many connections.
func sourcesFor(p Place, each int) int {
	return max(1, ceilDiv(p.Connections, each)) * ceilDiv(p.Agents, sharers(p, each))
}

// sourcesWords says how many that is and, where it is more than the connections alone
// would take, what it comes from: every agent connects from addresses of its own.
func sourcesWords(p Place, each int) string {
	need, apiece, together := sourcesFor(p, each), ceilDiv(p.Connections, each), sharers(p, each)
	switch {
	case apiece > 1 && p.Agents > 1:
		return fmt.Sprintf("%s × %d = %d source addresses", times(p.Agents, "agent"), apiece, need)
	case need > 1 && together > 1:
		return fmt.Sprintf("%d source addresses, one for each %d agents", need, together)
	}
	return many(need, "1 source address", "source addresses")
}

// load is the connections of a place, as they are dealt out: their sum may be a few more
// than what was asked for.
func (p Place) load() string {
	return times(p.Agents, "agent") + " of " + times(p.Connections, "connection")
}

// families is how many of IPv4 and IPv6 there are among the destinations.
func families(to []netip.AddrPort) int {
	four := slices.ContainsFunc(to, func(a netip.AddrPort) bool { return a.Addr().Is4() })
	six := slices.ContainsFunc(to, func(a netip.AddrPort) bool { return !a.Addr().Is4() })
	if four && six {
		return 2
	}
	return 1
}

// usable are the addresses that can be connected from, each once: a source
// speaks to its own family only, from loopback nothing leaves the machine, and named
// twice an address has no more ports.
func usable(own []netip.Addr, to netip.Addr) (usable []netip.Addr) {
	for _, a := range own {
		a = a.Unmap()
		if reaches := !a.IsLoopback() || to.IsLoopback(); a.Is4() == to.Is4() && reaches && !slices.Contains(usable, a) {
			usable = append(usable, a)
		}
	}
	return usable
}

// loopbackSources takes addresses of 127.0.0.0/8, all of which Linux has by
// itself, one after another: 127.0.1.1, 127.0.1.2, …, 127.0.1.250, 127.0.2.1, …
func loopbackSources(sources [][]netip.Addr, each int) [][]netip.Addr {
	const width = 250 // hosts of one 127.0.x.0/24
	for i := range sources {
		for j := range each {
			n := i*each + j
			sources[i] = append(sources[i], netip.AddrFrom4([4]byte{127, byte(n / width / width), byte(1 + n/width%width), byte(1 + n%width)}))
		}
	}
	return sources
}

func noneUsable(own []netip.Addr, to netip.AddrPort) error {
	return refuse(Families, "no source address of %v reaches %s: it takes one of the same family, and none on loopback unless the target is there", own, addressOf(to))
}

func mixedFamilies(p Place, to []netip.AddrPort) error {
	return refuse(Families, "%s need several source addresses, and the target has addresses of IPv4 and of IPv6, which no source serves both; "+
		"name one of them as the target, such as http://%s", p.load(), to[0])
}

func tooFewSources(p Place, m Machine, to []netip.AddrPort, have int) error {
	low, high := portRange(m)
	ports := usablePorts(m)
	widen := ""
	if reservedPorts(m) > 0 {
		widen = " reserve fewer of them (net.ipv4.ip_local_reserved_ports),"
	}
	if low > widestLow || high < widestHigh {
		widen += " widen net.ipv4.ip_local_port_range,"
	}
	return refuse(Ports, "%s to %s need %s, and machine %s has %d: one address has %s ports for one destination "+
		"(half of %s; beyond that connecting crawls)%s; add addresses or machines,%s or ask for at most %s connections",
		p.load(), destinations(to), sourcesWords(p, ports*len(to)), m.Name, have, Thousands(ports), rangeWords(m),
		fewerWords(p, m, ports*len(to)), widen,
		Thousands(mostFrom(have, p.Agents, ports*len(to))))
}

// mostFrom is how many connections agents can have from addresses of each
// connections, when all have as many and none shares an address in part.
func mostFrom(addresses, agents, each int) int {
	if addresses >= agents {
		return addresses / agents * each * agents
	}
	return each / ceilDiv(agents, addresses) * agents
}

// fewerWords offers the number of agents for which the connections need the fewest
// source addresses, where that is fewer: shares leave ports over that nobody can use.
func fewerWords(p Place, m Machine, each int) string {
	best, need := p, sourcesFor(p, each)
	for n := 1; n <= mostAgents; n++ {
		other := Place{Agents: n, Connections: ceilDiv(p.Agents*p.Connections, n)}
		if per := perAgent(m); per > 0 && other.Connections > per {
			continue
		}
		if fewer := sourcesFor(other, each); fewer < need {
			best, need = other, fewer
		}
	}
	if best == p {
		return ""
	}
	return fmt.Sprintf("; %s would need %d (--agents)", times(best.Agents, "agent"), need)
}

func destinations(to []netip.AddrPort) string {
	if len(to) == 1 {
		return "one address (" + addressOf(to[0]) + ")"
	}
	return fmt.Sprintf("%d addresses", len(to))
}

// addressOf leaves out a port that is not known yet, as that of a bundled target.
func addressOf(a netip.AddrPort) string {
	if a.Port() == 0 {
		return a.Addr().String()
	}
	return a.String()
}
