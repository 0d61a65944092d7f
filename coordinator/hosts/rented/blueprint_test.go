package rented

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/price"
)

// TestBlueprintNumbersAcrossRegions: machines of one role in two regions have numbers, networks and groups of their own.
func TestBlueprintNumbersAcrossRegions(t *testing.T) {
	b := blueprint{Spec: Spec{Private: true, Machines: []Machines{
		{Role: "worker", Region: "us-ord", Count: 7, Apart: true}, {Role: "worker", Region: "fr-par", Count: 2}, {Role: "worker", Region: "fr-par", Count: 4, Apart: true},
	}}, InGroup: map[string]int{"us-ord": 3}}
	if got := b.groups("worker"); !slices.Equal(got, []string{"us-ord", "us-ord", "us-ord", "fr-par"}) {
		t.Errorf("%s", got)
	}
	var groups, networks []int
	for i := range 13 {
		m, ok := b.machine("worker", i+1)
		groups, networks = append(groups, b.group("worker", i+1)), append(networks, b.network(m.Region))
		if !ok {
			t.Error(i)
		}
	}
	if !slices.Equal(groups, []int{1, 1, 1, 2, 2, 2, 3, 0, 0, 4, 4, 4, 4}) || !slices.Equal(networks, []int{2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("%v, %v", groups, networks)
	}
	if _, ok := b.machine("worker", 14); ok || len(b.wants()) != 2+1+4+13 {
		t.Errorf("%+v", b.wants())
	}
}

// TestBlueprintIsReadAsItWasKept, but for secrets.
func TestBlueprintIsReadAsItWasKept(t *testing.T) {
	s := service()
	s.From, s.MaxCost, s.Planned = prefixes("192.0.2.0/24", "2001:db8::/32"), 12_345_678*price.Dollar/1_000_000, 90*time.Minute
	s.Machines[0].Sysctl = map[string]string{"net.ipv4.tcp_tw_reuse": "1"}
	s.Machines[0].Out = []linode.Rule{{Label: "target", Protocol: "TCP", Ports: "80", Addresses: prefixes("192.0.2.1/32")}}
	b := blueprint{s, map[string]int{"us-ord": 7}}
	st, err := hold(memory(t))
	if err != nil {
		t.Fatal(err)
	}
	defer st.release()
	if err := st.keep(b); err != nil {
		t.Fatal(err)
	}
	if got, err := readBlueprint(st.dir); err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("%v\n%+v\n%+v", err, got, b)
	}
}

// TestSelfChecks: what a machine tells of itself is held against what is here.
func TestSelfChecks(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		version string
		skew    time.Duration
		want    string
	}{
		{"v1", 0, ""}, {"v1", 59 * time.Second, ""}, {"v1", -59 * time.Second, ""}, {"v1", 3 * time.Minute, "2m59s ahead"}, {"v1", -2 * time.Minute, "1m59s behind"},
		{"v2", 0, `of version "v2", and this one of "v1"`},
	} {
		err := SelfCheck{Version: c.version, Clock: now.Add(c.skew)}.compare("v1", now.Add(-time.Second), now.Add(time.Second))
		if (err == nil) != (c.want == "") || c.want != "" && !contains(err, c.want) {
			t.Errorf("%s %s: %v", c.version, c.skew, err)
		}
	}
}
