package plan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPortsOfAgents: the ports an agent chooses from are those of its addresses, for each
// destination; of an address that agents share each has its part.
func TestPortsOfAgents(t *testing.T) {
	m := laptop
	m.TwReuse, m.Reserved = Exactly(0), "40000-40231"
	const one = 28_232 - 232
	for name, c := range map[string]struct {
		to      string
		sources []string // of each agent
		want    []int
	}{
		"the kernel chooses":   {"10.0.0.9:80", []string{""}, []int{one}},
		"for each of them":     {"10.0.0.9:80", []string{"", ""}, []int{one / 2, one / 2}},
		"two destinations":     {"10.0.0.8:80 10.0.0.9:80", []string{""}, []int{2 * one}},
		"addresses of its own": {"10.0.0.9:80", []string{"10.0.0.1 10.0.0.2", "10.0.0.3"}, []int{2 * one, one}},
		"two share one":        {"10.0.0.9:80", []string{"10.0.0.1", "10.0.0.1", "10.0.0.2"}, []int{one / 2, one / 2, one}},
	} {
		var sources [][]netip.Addr
		for _, s := range c.sources {
			sources = append(sources, addrs(s))
		}
		got := PortsOf(m, ports(strings.Fields(c.to)...), sources)
		if !slices.Equal(got.Each, c.want) || got.Kept != time.Minute {
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
	}
	m.TwReuse = Figure{}
	if got := PortsOf(m, ports("10.0.0.9:80"), make([][]netip.Addr, 2)); !slices.Equal(got.Each, []int{0, 0}) || got.Kept != 0 {
		t.Errorf("where it is not known how long they are kept: %+v", got)
	}
}
