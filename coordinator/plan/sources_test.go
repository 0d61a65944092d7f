package plan

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func ports(text ...string) (to []netip.AddrPort) {
	for _, a := range text {
		to = append(to, netip.MustParseAddrPort(a))
	}
	return to
}

var sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// TestAddressIsSharedAsFarAsItsPortsGo: every agent wanted an address of its own, and
// three that had ports for 42,000 connections were refused for 30,000.
func TestAddressIsSharedAsFarAsItsPortsGo(t *testing.T) {
	own := addrs("10.0.0.1 10.0.0.2 10.0.0.3")
	got, err := Sources(Place{Agents: 10, Connections: 3_000}, laptop, ports("10.0.0.9:80"), own)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2} { // four agents to 14,116 ports
		if !cmp.Equal(got[i], own[want:want+1], sameAddr) {
			t.Errorf("agent %d connects from %v", i, got[i])
		}
	}
}

// TestSourceOfTheOtherFamilyIsNoSource: IPv6 addresses were handed out for a target
// of IPv4, and no connect from them could succeed.
func TestSourceOfTheOtherFamilyIsNoSource(t *testing.T) {
	own := addrs("fd12::1 10.0.0.1 fd12::2 ::ffff:10.0.0.2")
	got, err := Sources(Place{Agents: 2, Connections: 14_000}, laptop, ports("10.0.0.9:80"), own)
	if want := [][]netip.Addr{addrs("10.0.0.1"), addrs("10.0.0.2")}; err != nil || !cmp.Equal(got, want, sameAddr) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = Sources(Place{Agents: 2, Connections: 14_000}, laptop, ports("[fd12::9]:80"), own)
	if want := [][]netip.Addr{addrs("fd12::1"), addrs("fd12::2")}; err != nil || !cmp.Equal(got, want, sameAddr) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestAddressNamedTwiceHasNoMorePorts: it was counted as two.
func TestAddressNamedTwiceHasNoMorePorts(t *testing.T) {
	_, err := Sources(Place{Agents: 2, Connections: 14_000}, laptop, ports("10.0.0.9:80"), addrs("10.0.0.1 10.0.0.1"))
	if err == nil || !strings.Contains(err.Error(), "need 2 source addresses, and machine local has 1") {
		t.Error(err)
	}
}

// TestTargetOfBothFamiliesIsNamedByOneAddress: localhost is 127.0.0.1 and ::1, and half
// of the connections were to be made from 127.0.1.1 to ::1.
func TestTargetOfBothFamiliesIsNamedByOneAddress(t *testing.T) {
	for _, to := range [][]netip.AddrPort{ports("127.0.0.1:80", "[::1]:80"), ports("[::1]:80", "127.0.0.1:80")} {
		if got, err := Sources(Place{Agents: 2, Connections: 14_000}, laptop, to, nil); err != nil || got[0] != nil {
			t.Errorf("ports of one address are enough: %v, %v", got, err)
		}
		_, err := Sources(Place{Agents: 3, Connections: 16_667}, laptop, to, addrs("10.0.0.1 fd12::1"))
		if err == nil || !strings.Contains(err.Error(), "name one of them as the target, such as http://"+to[0].String()) {
			t.Errorf("%v: %v", to, err)
		}
	}
}

// TestIPv6LoopbackHasOneAddress, where 127.0.0.0/8 has millions.
func TestIPv6LoopbackHasOneAddress(t *testing.T) {
	_, err := Sources(Place{Agents: 2, Connections: 10_000}, laptop, ports("[::1]:80"), nil)
	if err == nil || !strings.Contains(err.Error(), "one address ([::1]:80)") {
		t.Error(err)
	}
}

func TestWithoutDestinationTheKernelChooses(t *testing.T) {
	if got, err := Sources(Place{Agents: 2, Connections: 1 << 20}, laptop, nil, nil); err != nil || len(got) != 2 || got[0] != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPortsOfAMachine(t *testing.T) {
	for _, c := range []struct{ low, high, want int }{
		{0, 0, 14_116}, {32768, 60999, 14_116}, {1024, 65535, 32_256}, {50_000, 40_000, 14_116}, {-1, 100, 14_116},
		{40_000, 40_001, 1},
		{40_000, 40_000, 1}, // one port is a range, and was taken for none
	} {
		if got := usablePorts(Machine{PortLow: c.low, PortHigh: c.high}); got != c.want {
			t.Errorf("%d–%d: %d ports, want %d", c.low, c.high, got, c.want)
		}
	}
}

// TestReservedPortsAreNotUsable: the kernel gives them to nobody, and they were counted.
func TestReservedPortsAreNotUsable(t *testing.T) {
	for list, want := range map[string]int{
		"": 14_116, "8080,61000-65535": 14_116, "32768": 14_115, "30000-33767,60000": 13_615, "32768-60999": 1,
		"1-65535,40000": 1, "x,-1,40000-39000,5-": 14_116,
	} {
		if got := usablePorts(Machine{Reserved: list}); got != want {
			t.Errorf("%q reserved: %d ports, want %d", list, got, want)
		}
	}
	m := laptop
	m.Reserved = "40000-59999"
	_, err := Sources(Place{Agents: 2, Connections: 3_000}, m, ports("10.0.0.9:80"), nil)
	if err == nil || !strings.Contains(err.Error(), "one address has 4,116 ports for one destination (half of 32768–60999 less 20,000 reserved; beyond that connecting crawls)") ||
		!strings.Contains(err.Error(), "reserve fewer of them (net.ipv4.ip_local_reserved_ports)") {
		t.Error(err)
	}
}

func TestLoopbackSourcesFollowEachOther(t *testing.T) {
	got := loopbackSources(make([][]netip.Addr, 3), 125)
	for _, c := range []struct {
		agent, i int
		want     string
	}{{0, 0, "127.0.1.1"}, {0, 1, "127.0.1.2"}, {1, 0, "127.0.1.126"}, {1, 124, "127.0.1.250"}, {2, 0, "127.0.2.1"}} {
		if a := got[c.agent][c.i]; a != netip.MustParseAddr(c.want) {
			t.Errorf("source %d of agent %d is %s, want %s", c.i, c.agent, a, c.want)
		}
	}
}

// drawMachine has few ports, so that a few connections need many addresses.
func drawMachine(t *rapid.T) Machine {
	return Machine{Name: "m", OS: rapid.SampledFrom([]string{"linux", "darwin", ""}).Draw(t, "os"),
		PortLow: 1000, PortHigh: 1000 + rapid.IntRange(0, 100).Draw(t, "ports")}
}

func drawOwn(t *rapid.T) (own []netip.Addr) {
	for i := range rapid.IntRange(0, 8).Draw(t, "own") {
		own = append(own, netip.MustParseAddr(fmt.Sprintf("10.0.1.%d", i+1)))
	}
	return own
}

func drawTo(t *rapid.T) []netip.AddrPort {
	to := rapid.SampledFrom([][]netip.AddrPort{
		ports("127.0.0.1:80"), ports("10.0.0.8:80"), ports("10.0.0.8:80", "10.0.0.9:80"), ports("127.0.0.1:80", "127.0.0.2:80"),
	})
	return to.Draw(t, "to")
}

// TestNoAddressIsAskedForMorePortsThanItHas, shared or not.
func TestNoAddressIsAskedForMorePortsThanItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, to := drawMachine(t), drawTo(t)
		p := Place{Agents: rapid.IntRange(1, 12).Draw(t, "agents"), Connections: rapid.IntRange(0, 300).Draw(t, "connections")}
		sources, err := Sources(p, m, to, drawOwn(t))
		if err != nil {
			t.Skip("refused")
		}
		if len(sources) != p.Agents {
			t.Fatalf("%d agents, sources for %d", p.Agents, len(sources))
		}
		asked := map[netip.Addr]int{}
		for _, mine := range sources {
			for _, a := range mine {
				asked[a] += ceilDiv(p.Connections, len(mine))
			}
			if len(mine) == 0 { // the kernel takes the one address it always takes
				asked[netip.Addr{}] += p.Connections
			}
		}
		for a, n := range asked {
			if n > usablePorts(m)*len(to) {
				t.Fatalf("%s is asked for %d connections to %d destinations", a, n, len(to))
			}
		}
	})
}

// TestAsManyConnectionsAsARefusalOffersAreThere: it offered what it then refused.
func TestAsManyConnectionsAsARefusalOffersAreThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, to, own := drawMachine(t), drawTo(t), drawOwn(t)
		p := Place{Agents: rapid.IntRange(1, 12).Draw(t, "agents"), Connections: rapid.IntRange(0, 300).Draw(t, "connections")}
		_, err := Sources(p, m, to, own)
		if err == nil {
			t.Skip("enough")
		}
		p.Connections = numberAfter(t, err, "at most ") / p.Agents
		if _, err := Sources(p, m, to, own); err != nil {
			t.Fatalf("%d connections an agent were offered, and then: %v", p.Connections, err)
		}
	})
}

func TestRefusalNamesEveryDestinationOrTheirNumber(t *testing.T) {
	for want, to := range map[string][]netip.AddrPort{
		"one address (10.0.0.8:80)": ports("10.0.0.8:80"), "2 addresses": ports("10.0.0.8:80", "10.0.0.9:80"),
	} {
		_, err := Sources(Place{Agents: 2, Connections: 30_000}, laptop, to, nil)
		if err == nil || !strings.Contains(err.Error(), "connections to "+want+" need") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestSourcesThatWereAskedForAreUsed, though one would be enough; and those that cannot
// reach the target are not taken for it.
func TestSourcesThatWereAskedForAreUsed(t *testing.T) {
	for _, c := range []struct {
		to, own string
		want    []string // of each of two agents; nil = refused
	}{
		{"10.0.0.9:80", "10.0.0.1 10.0.0.2 10.0.0.3", []string{"10.0.0.1", "10.0.0.2 10.0.0.3"}},
		{"10.0.0.9:80", "10.0.0.1", []string{"10.0.0.1", "10.0.0.1"}},
		{"10.0.0.9:80", "127.0.0.5 10.0.0.1", []string{"10.0.0.1", "10.0.0.1"}},
		{"127.0.0.1:80", "127.0.0.5 10.0.0.1", []string{"127.0.0.5", "10.0.0.1"}},
		{"10.0.0.9:80", "127.0.0.5 fd12::1", nil},
		{"10.0.0.9:80 [fd12::9]:80", "10.0.0.1", nil},
	} {
		got, err := Sources(Place{Agents: 2, Connections: 10}, laptop, ports(strings.Fields(c.to)...), addrs(c.own))
		if (err == nil) != (c.want != nil) {
			t.Errorf("%s from %s: %v, %v", c.to, c.own, got, err)
			continue
		}
		for i := range c.want {
			if !cmp.Equal(got[i], addrs(c.want[i]), sameAddr) {
				t.Errorf("%s from %s: agent %d has %v, want %s", c.to, c.own, i, got[i], c.want[i])
			}
		}
	}
}

// TestRefusalSaysWhereItsSourcesComeFrom: 50,001 connections, which nobody had asked for,
// needed 6 addresses of 14,116 ports, which a division could not find; and nobody said
// that one agent more needs two less.
func TestRefusalSaysWhereItsSourcesComeFrom(t *testing.T) {
	to := ports("10.0.0.9:80")
	_, err := Sources(Place{Agents: 3, Connections: 16_667}, laptop, to, nil)
	for _, want := range []string{"3 agents of 16,667 connections to", "need 3 agents × 2 = 6 source addresses", "; 4 agents would need 4 (--agents)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	_, err = Sources(Place{Agents: 10, Connections: 3_000}, laptop, to, nil)
	if want := "need 3 source addresses, one for each 4 agents, and"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// TestFewerSourcesThatAreOfferedAreEnough: with as many agents as are offered.
func TestFewerSourcesThatAreOfferedAreEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		p := Place{Agents: rapid.IntRange(1, 12).Draw(t, "agents"), Connections: rapid.IntRange(1, 300).Draw(t, "connections")}
		_, err := Sources(p, m, ports("10.0.0.8:80"), nil)
		if err == nil || !strings.Contains(err.Error(), "(--agents)") {
			t.Skip("none are")
		}
		agents, need := numberAfter(t, err, "crawls); "), numberAfter(t, err, "would need ")
		other := Place{Agents: agents, Connections: ceilDiv(p.Agents*p.Connections, agents)}
		own := make([]netip.Addr, 0, need)
		for i := range need {
			own = append(own, netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}))
		}
		if _, err := Sources(other, m, ports("10.0.0.8:80"), own); err != nil {
			t.Fatalf("%d agents were to need %d: %v", agents, need, err)
		}
	})
}
