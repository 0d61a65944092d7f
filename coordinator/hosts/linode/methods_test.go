package linode

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// TestFleetComesAndGoes makes one of each kind, in both generations, sees them, and gives them back.
func TestFleetComesAndGoes(t *testing.T) {
	for _, generation := range []Generation{Legacy, Linode} {
		t.Run(string(generation), func(t *testing.T) { comeAndGo(t, generation) })
	}
}

func comeAndGo(t *testing.T, generation Generation) {
	r := newRoom(t)
	ctx := t.Context()
	network, subnet := r.network()
	firewall := r.firewall()
	group := r.must(r.MakePlacement(ctx, PlacementSpec{Label: "lc-pg", Region: "us-ord"}))
	spec := machine(0)
	spec.Tags, spec.UserData, spec.Generation = []string{"loadctl", "lc-run"}, []byte("#cloud-config\n"), generation
	spec.Firewall, spec.Subnet, spec.Placement = firewall.ID, subnet, group.ID
	instance := r.must(r.MakeInstance(ctx, spec))
	if instance.Label != spec.Label || instance.Type != spec.Type || instance.Region != "us-ord" || !instance.Public.IsValid() || instance.Created.IsZero() ||
		!slices.Equal(instance.Tags, spec.Tags) || instance.Status != "running" {
		t.Errorf("%+v", instance)
	}
	got, _ := r.sim.Instance(spec.Label)
	if got.UserData != "#cloud-config\n" || got.Firewall != firewall.ID || got.Subnet != subnet || got.Placement != group.ID || !slices.Equal(got.Keys, spec.Keys) || !got.Watchdog {
		t.Errorf("%+v", got)
	}
	addresses, err := r.Addresses(ctx, network.ID)
	if want := map[int]netip.Addr{instance.ID: netip.MustParseAddr("10.1.0.2")}; err != nil || !maps.Equal(addresses, want) {
		t.Errorf("%v, %v", addresses, err)
	}
	if err := errors.Join(r.Unwatch(ctx, instance.ID), r.Reboot(ctx, instance.ID)); err != nil {
		t.Error(err)
	}
	if got, _ := r.sim.Instance(spec.Label); got.Watchdog || got.Boots != 2 {
		t.Errorf("%+v", got)
	}
	all, err := r.Everything(ctx, Query{Tag: "lc-run", Prefix: "lc-"})
	if err != nil || len(all) != 4 {
		t.Errorf("%+v, %v", all, err)
	}
	for _, s := range slices.Backward(all) {
		if one, err := r.Get(ctx, s.Kind, s.ID); err != nil || one.Label != s.Label {
			t.Errorf("%+v, %v", one, err)
		}
		if err := r.Delete(ctx, s.Kind, s.ID); err != nil {
			t.Error(err)
		}
		_, err := r.Get(ctx, s.Kind, s.ID)
		r.is(err, rental.Missing)
		r.is(r.Delete(ctx, s.Kind, s.ID), rental.Missing)
	}
	if left := r.sim.Left(); len(left) > 0 {
		t.Errorf("%s are left", left)
	}
}

// TestInterfaces: what is sent for one interface, by generation and by whether there is a network.
func TestInterfaces(t *testing.T) {
	r := newRoom(t)
	for i, c := range []struct {
		spec InstanceSpec
		want string
	}{
		{InstanceSpec{Generation: Legacy, Firewall: 9}, `"firewall_id":9,"interface_generation":"legacy_config","interfaces":[{"purpose":"public","primary":true}]`},
		{InstanceSpec{Generation: Legacy, Firewall: 9, Subnet: 8}, `"interfaces":[{"purpose":"vpc","primary":true,"subnet_id":8,"ipv4":{"nat_1_1":"any"}}]`},
		{InstanceSpec{Generation: Linode, Firewall: 9}, `"interface_generation":"linode","interfaces":[{"firewall_id":9,"public":{"ipv4":{"addresses":[{"address":"auto","primary":true}]}}}]`},
		{InstanceSpec{Generation: Linode, Subnet: 8}, `"interfaces":[{"firewall_id":-1,"vpc":{"subnet_id":8,"ipv4":{"addresses":[{"address":"auto","primary":true,"nat_1_1_address":"auto"}]}}}]`},
	} {
		spec := machine(i)
		spec.Generation, spec.Firewall, spec.Subnet = c.spec.Generation, c.spec.Firewall, c.spec.Subnet
		_, _ = r.MakeInstance(t.Context(), spec) // the simulator has no such subnet
		calls := r.sim.Calls("POST /linode/instances")
		if body := calls[len(calls)-1].Body; !strings.Contains(body, c.want) {
			t.Errorf("%s, want %s", body, c.want)
		}
	}
}

// TestFirewallDropsAllElse, both ways, and its rules can be replaced.
func TestFirewallDropsAllElse(t *testing.T) {
	r := newRoom(t)
	firewall := r.firewall()
	want := linodetest.Rules{
		Inbound: []linodetest.Rule{{Action: "ACCEPT", Label: "ssh", Ports: "22", Protocol: "TCP", Addresses: linodetest.Addresses{
			IPv4: []string{"192.0.2.7/32"}, IPv6: []string{"2001:db8::7/128"}}}},
		InboundPolicy: "DROP",
		Outbound: []linodetest.Rule{{Action: "ACCEPT", Label: "target", Ports: "80, 8000-8100", Protocol: "TCP", Addresses: linodetest.Addresses{
			IPv4: []string{"10.1.0.0/24"}}}},
		OutboundPolicy: "DROP", Version: 1, Fingerprint: "00000001",
	}
	if got, _ := r.sim.Rules("lc-fw"); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if err := r.SetRules(t.Context(), firewall.ID, []Rule{SSH(netip.MustParsePrefix("192.0.2.8/32"))}, nil); err != nil {
		t.Fatal(err)
	}
	want.Inbound[0].Addresses = linodetest.Addresses{IPv4: []string{"192.0.2.8/32"}}
	want.Outbound, want.Version, want.Fingerprint = []linodetest.Rule{}, 2, "00000002"
	if got, _ := r.sim.Rules("lc-fw"); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	r.is(r.SetRules(t.Context(), 1, nil, nil), rental.Missing)
}

// TestBalancerMeasuresTheService: no throttle, no passive checks, and backends where they are.
func TestBalancerMeasuresTheService(t *testing.T) {
	r := newRoom(t)
	_, subnet := r.network()
	for i, c := range []struct {
		class, backend string
		subnet         int
	}{{"common", "192.168.130.5:8000", 0}, {"premium", "10.1.0.5:8000", subnet}} {
		label := fmt.Sprintf("lc-nb%d", i)
		seen := r.must(r.MakeBalancer(t.Context(), BalancerSpec{
			Label: label, Region: "us-ord", Class: c.class, Subnet: c.subnet, Tags: []string{"loadctl"},
			Ports: []BalancerPort{{Port: 80, Protocol: "http", Algorithm: "leastconn", Stickiness: "none", Check: "http", CheckPath: "/health", CheckEvery: 5, CheckWithin: 3, CheckTries: 2,
				Backends: []Backend{{Label: "one", Address: netip.MustParseAddrPort(c.backend)}, {Label: "two", Address: netip.MustParseAddrPort(c.backend), Weight: 9, Spare: true}}}},
		}))
		if seen.Type != c.class || !seen.Public.IsValid() || seen.Label != label || !slices.Equal(seen.Tags, []string{"loadctl"}) {
			t.Errorf("%+v", seen)
		}
		got, _ := r.sim.Balancer(label)
		if got.Throttle == nil || *got.Throttle != 0 || got.Configs[0].CheckPassive == nil || *got.Configs[0].CheckPassive || got.Subnet != c.subnet {
			t.Errorf("%+v", got)
		}
		want := []linodetest.BalancerNode{
			{Label: "one", Address: c.backend, Mode: "accept", Weight: 1, Subnet: c.subnet}, {Label: "two", Address: c.backend, Mode: "backup", Weight: 9, Subnet: c.subnet},
		}
		if !cmp.Equal(got.Configs[0].Nodes, want) {
			t.Error(cmp.Diff(want, got.Configs[0].Nodes))
		}
	}
}

// TestListsAreWholeAndOurs: over pages, and without those that only look like it.
func TestListsAreWholeAndOurs(t *testing.T) {
	r := newRoom(t)
	var foreign []string
	for i := range 620 {
		foreign = append(foreign, fmt.Sprintf("lc-ab%03d", i))
	}
	r.sim.Foreign(append(foreign, "their-lc-ab", "web")...)
	tagged := machine(1)
	tagged.Label, tagged.Tags = "odd", []string{"lc-run-ab"}
	r.must(r.MakeInstance(t.Context(), tagged))
	for _, c := range []struct {
		q    Query
		want int
	}{
		{Query{Prefix: "lc-ab"}, 620}, {Query{Tag: "lc-run-ab"}, 1}, {Query{Tag: "lc-run-ab", Prefix: "lc-ab"}, 621}, {Query{Tag: "lc-run"}, 0}, {Query{}, 623},
	} {
		all, err := r.List(t.Context(), rental.Instance, c.q)
		if err != nil || len(all) != c.want {
			t.Errorf("%+v: %d, want %d: %v", c.q, len(all), c.want, err)
		}
	}
	if calls := r.sim.Calls("GET /vpcs"); len(calls) > 0 {
		t.Errorf("%d", len(calls))
	}
	if all, err := r.List(t.Context(), rental.Network, Query{Tag: "lc-run-ab"}); len(all) > 0 || err != nil || len(r.sim.Calls("GET /vpcs")) > 0 {
		t.Errorf("%+v, %v: networks have no tags", all, err)
	}
}

// TestFacts are what is asked before anything is rented.
func TestFacts(t *testing.T) {
	ctx := t.Context()
	sim := linodetest.New(t, linodetest.Config{
		Tokens: map[string]string{"all": "*", "some": "account:read_only,linodes:read_write vpc:read_only"}, Interfaces: "linode_only", Backups: true, Restricted: true,
	})
	account, err := client(t, sim, "all").Account(ctx)
	if want := (Account{Scopes: []string{"*"}, Restricted: true, Interfaces: "linode_only", Backups: true}); err != nil || !cmp.Equal(account, want) || account.Generation() != Linode {
		t.Errorf("%+v, %v", account, err)
	}
	if lacks := account.Lacks(kinds()...); lacks != nil {
		t.Errorf("%s", lacks)
	}
	c := client(t, sim, "some")
	account, err = c.Account(ctx)
	want := []string{"images:read_only", "vpc:read_write", "ips:read_only", "firewall:read_write", "nodebalancers:read_write"}
	if lacks := account.Lacks(kinds()...); err != nil || !slices.Equal(lacks, want) {
		t.Errorf("%s, %v", lacks, err)
	}
	regions, err := c.Regions(ctx)
	at := slices.IndexFunc(regions, func(r Region) bool { return r.ID == "us-east" })
	if err != nil || at < 0 || regions[at].Has(NetworkCapability) || !regions[at].Has(UserDataCapability) || regions[at].MostInPlacement != 5 {
		t.Errorf("%+v, %v", regions, err)
	}
	plans, err := c.Available(ctx, "us-east")
	available, told := plans["g7-premium-4"]
	if err != nil || !told || available || len(plans) != 1 {
		t.Errorf("%v, %v", plans, err)
	}
	prices, err := c.Prices(ctx)
	if err != nil || len(prices.Plans) != 1 || !strings.Contains(string(prices.Plans[0]), `"hourly":0.0075`) ||
		!strings.Contains(string(prices.Balancers[0]), "nodebalancer-pr100") || !strings.Contains(string(prices.Transfers[0]), "network_transfer") {
		t.Errorf("%s, %v", prices, err)
	}
}

// TestImage says which ones read user data.
func TestImage(t *testing.T) {
	r := newRoom(t)
	for id, reads := range map[string]bool{"linode/debian12": true, "linode/slackware15.0": false} {
		if image, err := r.Image(t.Context(), id); err != nil || image.CloudInit != reads || image.ID != id {
			t.Errorf("%+v, %v", image, err)
		}
	}
	_, err := r.Image(t.Context(), "linode/none")
	r.is(err, rental.Missing)
}

// TestWrongSpecsAreNotSent, and all that is wrong with one is told at once.
func TestWrongSpecsAreNotSent(t *testing.T) {
	r := newRoom(t)
	ctx, all := t.Context(), netip.MustParsePrefix("192.168.200.0/24")
	long := strings.Repeat("a", 70)
	rules := slices.Repeat([]Rule{SSH(all)}, 26)
	for _, c := range []struct {
		err  error
		want string // apart by |
	}{
		{second(r.MakeNetwork(ctx, NetworkSpec{Label: "lc_net", Range: all})), "label|region|192.168.128.0/17"},
		{second(r.MakeNetwork(ctx, NetworkSpec{Label: "lc-net", Region: "us-ord"})), "range"},
		{second(r.MakePlacement(ctx, PlacementSpec{Label: "a--b"})), "label|region"},
		{second(r.MakeInstance(ctx, InstanceSpec{Label: long, Tags: []string{"ab"}, UserData: make([]byte, MostUserData)})), "label|tags|region|type|image|keys|generation|user data"},
		{second(r.MakeFirewall(ctx, FirewallSpec{Label: long, In: rules, Out: []Rule{{Protocol: "GRE", Ports: "1"}}})), "label|at most 25|out[0].label|out[0].addresses|out[0].protocol"},
		{r.SetRules(ctx, 1, nil, []Rule{{Label: "abc", Protocol: "TCP", Addresses: []netip.Prefix{{}}}}), "out[0].ports|out[0].addresses"},
		{second(r.MakeBalancer(ctx, BalancerSpec{Label: "nb", Class: "grand"})), "label|region|class|ports"},
		{second(r.MakeBalancer(ctx, BalancerSpec{Label: "lc-nb", Region: "us-ord", Class: "common", Ports: []BalancerPort{{Backends: []Backend{{Address: netip.MustParseAddrPort("8.8.8.8:1")}}}}})),
			"port: must be|private"},
		{second(r.MakeBalancer(ctx, BalancerSpec{Label: "lc-nb", Region: "us-ord", Class: "common", Ports: []BalancerPort{{Port: 80}}})), "one backend"},
		{r.Delete(ctx, "volume", 1), "no kind"},
		{second(r.Get(ctx, "volume", 1)), "no kind"},
		{second(r.List(ctx, "volume", Query{})), "no kind"},
	} {
		r.is(c.err, rental.Wrong)
		for word := range strings.SplitSeq(c.want, "|") {
			if c.err != nil && !strings.Contains(c.err.Error(), word) {
				t.Errorf("%v: no %q", c.err, word)
			}
		}
	}
	if calls := r.sim.Calls(""); len(calls) > 0 {
		t.Errorf("%d requests", len(calls))
	}
}
