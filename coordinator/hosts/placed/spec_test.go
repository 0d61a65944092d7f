package placed

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/target"
)

func planned(t *testing.T, text string, elsewhere ...netip.AddrPort) (Plan, error) {
	t.Helper()
	top, err := target.ReadTopology("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return PlanOf(top, "t.yaml", []byte(text), elsewhere)
}

func rules(all []linode.Rule) string {
	var text []string
	for _, r := range all {
		text = append(text, fmt.Sprintf("%s %s %s", r.Label, r.Ports, r.Addresses[0]))
	}
	return strings.Join(text, ", ")
}

// TestMachinesAreRentedByRole: so many of each type, and who may pass: packages out, the load in, and nobody else.
func TestMachinesAreRentedByRole(t *testing.T) {
	p, err := planned(t, `version: 1
database: {kind: postgres, replicas: 1}
cache: redis://203.0.113.9:7000
services: {nodes: 3}
balancer: nginx
linode: {region: us-ord, ttl: 2h, max_cost_usd: 2.50, apart: true, from: 198.51.100.0/24, types: {service: g6-dedicated-8, database: g6-dedicated-16}}
`, netip.MustParseAddrPort("203.0.113.9:7000"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range p.Spec.Machines {
		got = append(got, fmt.Sprintf("%d %s %s apart=%v in[%s] out[%s]", m.Count, m.Role, m.Type, m.Apart, rules(m.In), rules(m.Out)))
	}
	want := []string{
		"2 database g6-dedicated-16 apart=false in[] out[packages 80, 443 0.0.0.0/0]",
		"1 upstream g6-dedicated-2 apart=false in[] out[]",
		"3 service g6-dedicated-8 apart=true in[] out[port-7000 7000 203.0.113.9/32]",
		"1 balancer g6-dedicated-2 apart=false in[load 80 198.51.100.0/24] out[packages 80, 443 0.0.0.0/0]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := p.Spec.Validate(); err != nil || p.MaxCost.String() != "$2.50" || !p.Spec.Private || len(p.Notes) != 0 {
		t.Errorf("%v, %s, %v, %q", err, p.MaxCost, p.Spec.Private, p.Notes)
	}
}

// TestANodeBalancerIsMadeOfTheBlock: whatever balances on one machine.
func TestANodeBalancerIsMadeOfTheBlock(t *testing.T) {
	p, err := planned(t, `version: 1
balancer: {kind: haproxy, listen: 127.0.0.1:8080, algorithm: least_connections, check: {interval: 5s, timeout: 2s, fall: 4}}
linode: {region: us-ord, ttl: 2h, types: {balancer: nodebalancer-pr100}}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := linode.BalancerPort{Port: 8080, Protocol: "http", Algorithm: "leastconn", Stickiness: "none", Check: "http", CheckPath: "/health", CheckEvery: 5, CheckWithin: 2, CheckTries: 4}
	b := p.Balancers[0]
	if fmt.Sprint(b.Listen) != fmt.Sprint(want) || b.Class != "premium" || b.Before != "service" || b.Port != 8000 {
		t.Errorf("%+v, want %+v", b, want)
	}
	if err := p.Spec.Validate(); err != nil {
		t.Error(err)
	}
	_, err = planned(t, "version: 1\nbalancer: {kind: nodebalancer, algorithm: random_two, check: {interval: 1s, timeout: 500ms}}\nlinode: {region: us-ord, ttl: 2h}\n")
	for _, want := range []string{"algorithm: a NodeBalancer has", "check.interval: must be whole seconds", "check.timeout: must be whole seconds"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestWhatRunsElsewhereIsFound(t *testing.T) {
	p, err := planned(t, "version: 1\nupstream: {url: 'http://up.example'}\ndatabase: {url: 'postgres://u:p@db.example/x'}\ncache: memcached://198.51.100.3\nlinode: {region: us-ord, ttl: 2h}\n")
	if want := []string{"up.example:80", "db.example:5432", "198.51.100.3:11211"}; err != nil || !slices.Equal(Elsewhere(p.Topology), want) {
		t.Errorf("%q, %v", Elsewhere(p.Topology), err)
	}
}
