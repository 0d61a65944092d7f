package scenarios

import (
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
)

func withFleet(block string) string { return minimal(`{get: /}`) + "\nfleet: " + block + "\n" }

// TestFleetIsRead: what is not said is as it says here.
func TestFleetIsRead(t *testing.T) {
	for name, test := range map[string]struct {
		block string
		want  Fleet
	}{
		"short": {`{provider: linode, region: us-ord, ttl: 90m}`,
			Fleet{Provider: "linode", Image: "linode/debian12", Regions: []FleetRegion{{"us-ord", 0}}, TTL: 90 * time.Minute, Sysctl: LoadGeneratorSysctl()}},
		"long": {`{provider: linode, type: g6-dedicated-4, image: linode/debian13, regions: {us-ord: 6, eu-central: 4, fr-par: }, ttl: 1h, max_cost_usd: 2.50,
  network: private, from: [203.0.113.7, 203.0.113.0/24, "2001:db8::/32"], sysctl: {net.ipv4.tcp_fin_timeout: 15}}`,
			Fleet{Provider: "linode", Type: "g6-dedicated-4", Image: "linode/debian13", Regions: []FleetRegion{{"us-ord", 6}, {"eu-central", 4}, {"fr-par", 0}},
				TTL: time.Hour, MaxCost: 5 * price.Dollar / 2, Private: true,
				From:   []netip.Prefix{netip.MustParsePrefix("203.0.113.7/32"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")},
				Sysctl: map[string]string{"net.ipv4.tcp_fin_timeout": "15"}}},
		"bare": {`{provider: linode, region: us-ord, count: 2, ttl: 1m, sysctl: none}`,
			Fleet{Provider: "linode", Image: "linode/debian12", Regions: []FleetRegion{{"us-ord", 2}}, TTL: time.Minute}},
	} {
		s, err := Parse("x.yaml", []byte(withFleet(test.block)), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(*s.Fleet, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, *s.Fleet, test.want)
		}
	}
}

// TestFleetChangesNoLoad: where load comes from is not what it is.
func TestFleetChangesNoLoad(t *testing.T) {
	with, err := Parse("x.yaml", []byte(withFleet(`{provider: linode, region: us-ord, ttl: 90m}`)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	without, err := Parse("x.yaml", []byte(minimal(`{get: /}`)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if with.RequestsKey() != without.RequestsKey() || !reflect.DeepEqual(with.Layout, without.Layout) || without.Fleet != nil {
		t.Error("a fleet makes another load")
	}
}

// TestFleetMistakes: all at once, each at its place.
func TestFleetMistakes(t *testing.T) {
	const src = `fleet:
  provider: aws
  type: Dedicated 8GB
  image: debian12
  regions: {Chicago: 2, us-ord: 0, eu-central: 5000}
  count: 3
  ttl: 25h
  max_cost_usd: 0.0000001
  network: vpc
  from: [office, 203.0.113.7/24, 0.0.0.0/0]
  sysctl: {fin timeout: 15, net.ipv4.tcp_tw_reuse: ""}
  zone: a
`
	all := mistakesOf(t, src)
	for _, want := range []string{
		`2:13: provider: "aws" is not one of linode`,
		`3:9: type: "Dedicated 8GB" is no name of one (such as g6-dedicated-4)`,
		`4:10: image: "debian12" is no name of one (such as linode/debian12)`,
		`6:10: count goes with region; regions have their own`,
		`7:8: ttl: must be at most 24h0m0s, got 25h0m0s`,
		`8:17: max_cost_usd:`,
		`9:12: network: "vpc" is not one of public, private`,
		`10:10: from: "office" is no address and no network`,
		`10:18: from: 203.0.113.7/24 has bits beyond its length (did you mean "203.0.113.0/24"?)`,
		`10:34: from: 0.0.0.0/0 would let everybody log in`,
		`11:12: sysctl: "fin timeout" is no name of a setting`,
		`11:52: sysctl.net.ipv4.tcp_tw_reuse: must be a value of one line`,
		`12:3: unknown key "zone" in fleet`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not said: %s", want)
		}
	}
	for block, want := range map[string]string{
		`{provider: linode}`:                                                 `fleet needs "ttl"`,
		`{ttl: 1h}`:                                                          `fleet needs "provider"`,
		`{provider: linode, ttl: 1h}`:                                        `fleet needs "region" or "regions"`,
		`{provider: linode, ttl: 1h, regions: {}}`:                           `regions has none`,
		`{provider: linode, ttl: 10s, region: us-ord}`:                       `ttl: must be at least 1m0s, got 10s`,
		`{provider: linode, ttl: 1h, region: us-ord, max_cost_usd: 0}`:       `must be more than 0 (leave it out for no limit)`,
		`{provider: linode, ttl: 1h, region: us-ord, max_cost_usd: $5}`:      `max_cost_usd:`,
		`{provider: linode, ttl: 1h, region: us-ord, sysctl: fast}`:          `sysctl: "fast" is not known`,
		`{provider: linode, ttl: 1h, region: us-ord, count: 0}`:              `count:`,
		`{provider: linode, ttl: 1h, region: us-ord, regions: {us-ord: 1}}`:  `fleet has both region and regions`,
		`{provider: linode, ttl: 1h, regions: {Chicago: 2, us-ord: 100000}}`: `regions: "Chicago" is no name of one`,
		`{}`:     `fleet is empty: it needs provider, ttl, and region or regions (such as fleet: {provider: linode`,
		``:       `fleet is empty: it needs`,
		`linode`: `fleet must be a mapping of keys to values, got "linode" (such as fleet:`,
	} {
		if all := mistakesOf(t, "fleet: "+block+"\n"); !strings.Contains(all, want) {
			t.Errorf("%s: not said: %s, but:\n%s", block, want, all)
		}
	}
}

func mistakesOf(t *testing.T, fleet string) string {
	t.Helper()
	rest := strings.TrimPrefix(minimal(`{get: /}`), "fleet:")
	_, err := Parse("x.yaml", []byte(fleet+rest), Options{})
	if err == nil {
		t.Fatalf("%s: no mistake", fleet)
	}
	return err.Error()
}

// TestLoadGeneratorIsACopy: who changes it changes nobody else's.
func TestLoadGeneratorIsACopy(t *testing.T) {
	mine := LoadGeneratorSysctl()
	clear(mine)
	if maps.Equal(mine, LoadGeneratorSysctl()) {
		t.Error("one map for all")
	}
}
