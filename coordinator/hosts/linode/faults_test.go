package linode

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// calls are all requests of a client, by name.
func (r *room) calls() map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"account":   func(ctx context.Context) error { return second(r.Account(ctx)) },
		"regions":   func(ctx context.Context) error { return second(r.Regions(ctx)) },
		"available": func(ctx context.Context) error { return second(r.Available(ctx, "us-ord")) },
		"image":     func(ctx context.Context) error { return second(r.Image(ctx, "linode/debian12")) },
		"prices":    func(ctx context.Context) error { return second(r.Prices(ctx)) },
		"subnet":    func(ctx context.Context) error { return second(r.Subnet(ctx, 1)) },
		"addresses": func(ctx context.Context) error { return second(r.Addresses(ctx, 1)) },
		"rules":     func(ctx context.Context) error { return r.SetRules(ctx, 1, nil, nil) },
		"reboot":    func(ctx context.Context) error { return r.Reboot(ctx, 1) },
		"unwatch":   func(ctx context.Context) error { return r.Unwatch(ctx, 1) },
		"instance":  func(ctx context.Context) error { return second(r.MakeInstance(ctx, machine(1))) },
		"firewall":  func(ctx context.Context) error { return second(r.MakeFirewall(ctx, FirewallSpec{Label: "lc-fw"})) },
		"group": func(ctx context.Context) error {
			return second(r.MakePlacement(ctx, PlacementSpec{Label: "lc-pg", Region: "us-ord"}))
		},
		"network": func(ctx context.Context) error {
			return second(r.MakeNetwork(ctx, NetworkSpec{Label: "lc-net", Region: "us-ord", Range: netip.MustParsePrefix("10.0.0.0/24")}))
		},
		"balancer": func(ctx context.Context) error {
			return second(r.MakeBalancer(ctx, BalancerSpec{Label: "lc-nb", Region: "us-ord", Class: "common", Ports: []BalancerPort{{Port: 80, Protocol: "tcp",
				Backends: []Backend{{Label: "one", Address: netip.MustParseAddrPort("192.168.130.5:80")}}}}}))
		},
	}
	for _, kind := range kinds() {
		all["list "+string(kind)] = func(ctx context.Context) error { return second(r.List(ctx, kind, Query{})) }
		all["get "+string(kind)] = func(ctx context.Context) error { return second(r.Get(ctx, kind, 1)) }
		all["delete "+string(kind)] = func(ctx context.Context) error { return r.Delete(ctx, kind, 1) }
	}
	return all
}

// TestEveryCallEndsWithItsContext: the simulator never answers, so a call that did not would never end.
func TestEveryCallEndsWithItsContext(t *testing.T) {
	r := newRoom(t)
	r.sim.Befall(linodetest.Fault{Hang: true, Times: -1})
	for name, ask := range r.calls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := ask(ctx)
			if f := FailureOf(err); f.Class != rental.Unknown || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", words[f.Class], err)
			}
			over, end := context.WithCancel(t.Context())
			end()
			if err := ask(over); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestEveryFaultHasItsClass, whatever was asked for.
func TestEveryFaultHasItsClass(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault linodetest.Fault
		class rental.Class
	}{
		{"dropped", linodetest.Fault{Drop: true}, rental.Unknown},
		{"408", linodetest.Fault{Status: 408, Reason: "Please try again"}, rental.Unknown},
		{"503", linodetest.Fault{Status: 503, Reason: "Service unavailable"}, rental.Unknown},
		{"502 of a proxy", linodetest.Fault{Status: 502, Text: "<html>Bad Gateway</html>"}, rental.Unknown},
		{"429", linodetest.TooMany("", 30*time.Second), rental.Wait},
		{"401", linodetest.Fault{Status: 401, Reason: "Invalid Token"}, rental.Refused},
		{"403", linodetest.Fault{Status: 403, Reason: "Unauthorized"}, rental.Refused},
		{"404", linodetest.Fault{Status: 404, Reason: "Not found"}, rental.Missing},
	} {
		r := newRoom(t)
		c.fault.Times = -1
		r.sim.Befall(c.fault)
		for name, ask := range r.calls() {
			err := ask(t.Context())
			f := FailureOf(err)
			if err == nil || f.Class != c.class {
				t.Errorf("%s: %s: %s, want %s: %v", c.name, name, words[f.Class], words[c.class], err)
			}
			if f.Class == rental.Wait && (f.After < 29*time.Second || f.After > 31*time.Second) {
				t.Errorf("%s: %s: wait %s", c.name, name, f.After)
			}
		}
	}
}

// TestAnswerThatIsLost: it was made, nobody was told, and asking again tells that it is there.
func TestAnswerThatIsLost(t *testing.T) {
	for name, fault := range map[string]linodetest.Fault{
		"dropped": {Drop: true, Done: true}, "503": {Status: 503, Reason: "Service unavailable", Done: true}, "408": {Status: 408, Reason: "Please try again", Done: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			fault.On = "POST /linode/instances"
			r.sim.Befall(fault)
			_, err := r.MakeInstance(t.Context(), machine(1))
			r.is(err, rental.Unknown)
			_, err = r.MakeInstance(t.Context(), machine(1))
			r.is(err, rental.Taken)
			all, err := r.List(t.Context(), rental.Instance, Query{Prefix: "lc-"})
			if err != nil || len(all) != 1 || len(r.sim.Calls("POST /linode/instances")) != 2 {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

// TestAccountHasALimit, and says so after the last.
func TestAccountHasALimit(t *testing.T) {
	r := newRoom(t, func(c *linodetest.Config) { c.Limit = 2 })
	r.must(r.MakeInstance(t.Context(), machine(1)))
	r.must(r.MakeInstance(t.Context(), machine(2)))
	_, err := r.MakeInstance(t.Context(), machine(3))
	r.is(err, rental.Full)
	if len(r.sim.Left()) != 2 {
		t.Errorf("%s", r.sim.Left())
	}
}

// TestTokenOfTooLittle can look, and not make.
func TestTokenOfTooLittle(t *testing.T) {
	sim := linodetest.New(t, linodetest.Config{Tokens: map[string]string{"look": "linodes:read_only"}})
	r := &room{client(t, sim, "look"), t, sim}
	if _, err := r.List(t.Context(), rental.Instance, Query{}); err != nil {
		t.Error(err)
	}
	_, err := r.MakeInstance(t.Context(), machine(1))
	r.is(err, rental.Refused)
	r.Client = client(t, sim, "nobody")
	_, err = r.List(t.Context(), rental.Instance, Query{})
	r.is(err, rental.Refused)
}

// TestNetworkIsInUse until its instances are gone, and a while longer.
func TestNetworkIsInUse(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	r := newRoom(t, func(c *linodetest.Config) { c.Now, c.Detaching = func() time.Time { return now }, time.Minute })
	network, subnet := r.network()
	group := r.must(r.MakePlacement(t.Context(), PlacementSpec{Label: "lc-pg", Region: "us-ord"}))
	spec := machine(1)
	spec.Subnet, spec.Placement = subnet, group.ID
	instance := r.must(r.MakeInstance(t.Context(), spec))
	r.is(r.Delete(t.Context(), rental.Network, network.ID), rental.InUse)
	r.is(r.Delete(t.Context(), rental.Placement, group.ID), rental.InUse)
	if err := r.Delete(t.Context(), rental.Instance, instance.ID); err != nil {
		t.Fatal(err)
	}
	r.is(r.Delete(t.Context(), rental.Network, network.ID), rental.InUse)
	now = now.Add(time.Minute)
	if err := r.Delete(t.Context(), rental.Network, network.ID); err != nil {
		t.Error(err)
	}
}
