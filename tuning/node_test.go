package tuning

import (
	"strings"
	"testing"
	"time"
)

const planned = `
version: 1
scenario: a.yaml
params:
  - name: plan
    values: [g6-dedicated-2, g6-dedicated-4]
    current: g6-dedicated-2
    apply:
      linode-plan: {region: id-cgk, port: 8080, from: [203.0.113.7/32], setup: ["./setup.sh", "${node.address}", "${value}"], target: "http://${node.address}:8080", max_cost_usd: 1}
`

// TestPlansCostWhatTheCatalogueSays: in their region, without a word in the file.
func TestPlansCostWhatTheCatalogueSays(t *testing.T) {
	f, err := Parse("t.yaml", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	n := f.Node()
	if n == nil || n.Region != "id-cgk" || n.Image != nodeImage || n.TTL != 2*time.Hour || n.MaxCost != 1_000_000 || len(n.From) != 1 || !f.Uses(LinodePlan) {
		t.Fatalf("%+v", n)
	}
	if f.CostUnit != nodeUnit || f.CostOf(map[string]string{"plan": "g6-dedicated-2"}) != 0.065 || f.CostOf(map[string]string{"plan": "g6-dedicated-4"}) != 0.13 {
		t.Errorf("%g %s", f.CostOf(map[string]string{"plan": "g6-dedicated-4"}), f.CostUnit)
	}
	own, err := Parse("t.yaml", []byte(strings.Replace(planned, "    apply:", "    cost: {values: {g6-dedicated-2: 3, g6-dedicated-4: 5}, unit: points}\n    apply:", 1)))
	if err != nil || own.CostOf(map[string]string{"plan": "g6-dedicated-4"}) != 5 {
		t.Errorf("the file's own cost: %v", err)
	}
}

// TestAPlanIsAlone: what else a file could set would be gone with each machine, and no price is made up.
func TestAPlanIsAlone(t *testing.T) {
	for change, want := range map[string][2]string{
		"it must be the only one":             {"\nparams:\n", "\nparams:\n  - {name: n, values: [1, 2], current: 1, apply: {command: a}}\n"},
		"no price of g9-vast in id-cgk":       {"[g6-dedicated-2, g6-dedicated-4]", "[g6-dedicated-2, g9-vast]"},
		"restart: each value has a fresh":     {"    apply:\n", "    apply:\n      restart: a\n"},
		"read: linode-plan rents machines":    {"    current: g6-dedicated-2\n", "    read: {linode-plan: {}}\n"},
		"say where the load comes from":       {"[203.0.113.7/32]", "[]"},
		`region: "US Ord" is not the name of`: {"id-cgk", "US Ord"},
	} {
		text := strings.Replace(planned, want[0], want[1], 1)
		if _, err := Parse("t.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), change) {
			t.Errorf("%q: %v", change, err)
		}
	}
}

// TestNobodyElseIsLoaded: what is rented is loaded without anybody's word, and nothing else is by its name.
func TestNobodyElseIsLoaded(t *testing.T) {
	for _, target := range []string{
		"http://example.com/${node.address}", "http://example.com:80/?a=${node.address}", "http://${node.address}.example.com/",
		"http://${node.address}@example.com/", "http://${value}/${node.address}", "http://${node.address}${value}/", "ftp://${node.address}/",
	} {
		_, err := Parse("t.yaml", []byte(strings.Replace(planned, "http://${node.address}:8080", target, 1)))
		if err == nil || !strings.Contains(err.Error(), "must be a base URL of the machine") {
			t.Errorf("%s: %v", target, err)
		}
	}
}
