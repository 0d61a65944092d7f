package linode

import (
	"net/netip"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A room is a client of a simulator.
type room struct {
	*Client
	t   *testing.T
	sim *linodetest.Simulator
}

func newRoom(t *testing.T, change ...func(*linodetest.Config)) *room {
	t.Helper()
	var cfg linodetest.Config
	for _, f := range change {
		f(&cfg)
	}
	sim := linodetest.New(t, cfg)
	return &room{client(t, sim, linodetest.Token), t, sim}
}

func client(t *testing.T, sim *linodetest.Simulator, token string) *Client {
	t.Helper()
	c, err := New(Config{Token: token, URL: sim.URL, Every: time.Nanosecond, Agent: "loadctl/test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must is a resource that has to be there.
func (r *room) must(s rental.Seen, err error) rental.Seen {
	r.t.Helper()
	if err != nil || s.ID == 0 {
		r.t.Fatalf("%+v, %v", s, err)
	}
	return s
}

// is says whether an error is of a class.
func (r *room) is(err error, class rental.Class) {
	r.t.Helper()
	if f := FailureOf(err); err == nil || f.Class != class {
		r.t.Errorf("%s, want %s: %v", words[f.Class], words[class], err)
	}
}

func (r *room) network() (network rental.Seen, subnet int) {
	r.t.Helper()
	network = r.must(r.MakeNetwork(r.t.Context(), NetworkSpec{Label: "lc-net", Region: "us-ord", Range: netip.MustParsePrefix("10.1.0.0/24")}))
	subnet, err := r.Subnet(r.t.Context(), network.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return network, subnet
}

func (r *room) firewall() rental.Seen {
	r.t.Helper()
	return r.must(r.MakeFirewall(r.t.Context(), FirewallSpec{
		Label: "lc-fw", Tags: []string{"loadctl"}, In: []Rule{SSH(netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::7/128"))},
		Out: []Rule{{Label: "target", Protocol: "TCP", Ports: "80, 8000-8100", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/24")}}},
	}))
}
