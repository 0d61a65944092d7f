package plan

import (
	"fmt"
	"net/netip"
)

// Ephemeral ports assumed when a machine does not say: Linux's default.
const (
	defaultPortLow  = 32768
	defaultPortHigh = 60999
)

// usablePorts is how many connections one source address can have to one
// destination: half of the range. Past that a kernel searches long for each
// next port, and connects crawl.
func usablePorts(m Machine) int {
	low, high := m.PortLow, m.PortHigh
	if low <= 0 || high <= low {
		low, high = defaultPortLow, defaultPortHigh
	}
	return max(1, (high-low+1)/2)
}

// Sources gives each agent of a machine its source addresses for connections
// to the destinations, all different. An empty list leaves the choice to the
// kernel: one address has enough ports. own are the machine's own addresses,
// needed for a target that is not on loopback; each may serve several agents
// only as far as its ports go.
func Sources(p Place, m Machine, to []netip.AddrPort, own []netip.Addr) ([][]netip.Addr, error) {
	sources := make([][]netip.Addr, p.Agents)
	here := p.Agents * p.Connections // on this machine
	each := usablePorts(m) * max(1, len(to))
	if here <= each || len(to) == 0 {
		return sources, nil
	}
	perAgent := ceilDiv(p.Connections, each)
	if to[0].Addr().IsLoopback() && to[0].Addr().Is4() && m.OS != "darwin" {
		return loopbackSources(sources, perAgent), nil
	}
	if len(own) < perAgent*p.Agents {
		return nil, tooFewSources(here, each, p, m, to, len(own))
	}
	for i := range sources {
		sources[i] = own[i*perAgent : (i+1)*perAgent]
	}
	return sources, nil
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

func tooFewSources(connections, each int, p Place, m Machine, to []netip.AddrPort, have int) error {
	low, high := m.PortLow, m.PortHigh
	if low <= 0 || high <= low {
		low, high = defaultPortLow, defaultPortHigh
	}
	need := ceilDiv(connections, each)
	return fmt.Errorf("%s connections to %s need %d source addresses, and machine %s has %d: one address has %s ports for one destination "+
		"(half of %d–%d; beyond that connecting crawls); add addresses or machines, widen net.ipv4.ip_local_port_range, or ask for at most %s connections",
		thousands(connections), destinations(to), max(need, p.Agents*ceilDiv(p.Connections, each)), m.Name, max(have, 1), thousands(each/max(1, len(to))), low, high,
		thousands(each*max(have, 1)))
}

func destinations(to []netip.AddrPort) string {
	if len(to) == 1 {
		return "one address (" + to[0].String() + ")"
	}
	return fmt.Sprintf("%d addresses", len(to))
}
