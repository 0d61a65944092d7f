package price

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fleet is the example of the design: four agents, a coordinator, three workers, a database, and a balancer.
func fleet(balancer string) []Resource {
	one := func(n int, plan, role string) Resource {
		return Resource{Count: n, Type: plan, Role: role, Region: "us-ord"}
	}
	return []Resource{
		one(4, "g6-dedicated-4", "agents"), one(1, "g6-standard-2", "coordinator"), one(3, "g6-dedicated-4", "workers"),
		one(1, "g6-dedicated-2", "database"), one(1, balancer, "balancer"),
	}
}

// TestTheFleetOfTheDesign: $0.861 an hour, $1.071 with the premium balancer; 70 minutes bill two hours. Given back 40 min after
// the TTL of four hours it is billed for five, and one of nine machines, the dearest, may have been replaced.
func TestTheFleetOfTheDesign(t *testing.T) {
	for balancer, hour := range map[string]USD{"nodebalancer": 861_000, "premium": 1_071_000} {
		e, err := Builtin().Estimate(Order{Resources: fleet(balancer), Planned: 70 * time.Minute, TTL: 4 * time.Hour})
		if err != nil || e.PerHour != hour || e.Minimum != hour || e.AsPlan != 2*hour || e.Worst != 5*hour+108_000 || len(e.Missing()) > 0 {
			t.Errorf("%s: %+v, %v", balancer, e, err)
		}
	}
}

// TestG8PaysForAllItSends, and g6 for what is above its share of the month.
func TestG8PaysForAllItSends(t *testing.T) {
	const rate = 10_000_000 // 36 GB an hour
	for plan, want := range map[string]USD{
		"g8-dedicated-4-2": 36 * 5000,
		// 36 GB less 5000 GB / 744 are 29.27956… GB, which cost 146,397.8… millionths
		"g6-dedicated-4": 146_398,
	} {
		e, err := Builtin().Estimate(Order{Planned: time.Hour, TTL: time.Hour, Resources: []Resource{{Type: plan, Region: "us-ord", Count: 1, Egress: rate}}})
		if got := e.AsPlan - e.PerHour; err != nil || got != want {
			t.Errorf("%s pays %s of transfer, want %s; %v", plan, got, want, err)
		}
	}
}

// anyOrder is of plans with and without price, of regions with and without their own, in a catalogue that may lack transfer.
func anyOrder(t *rapid.T) (Catalogue, Order) {
	c := Builtin()
	if rapid.IntRange(0, 5).Draw(t, "transfers") == 0 {
		c.Transfers = nil
	}
	o := Order{Planned: anySpan(t, "planned")}
	o.TTL = o.Planned + anySpan(t, "more")
	for range rapid.IntRange(1, 5).Draw(t, "resources") {
		o.Resources = append(o.Resources, Resource{
			Type:   rapid.SampledFrom([]string{"g6-nanode-1", "g6-standard-8", "g6-dedicated-4", "g8-dedicated-4-2", "common", "premium", "g9-vast"}).Draw(t, "type"),
			Region: rapid.SampledFrom([]string{"us-ord", "id-cgk", "br-gru"}).Draw(t, "region"), Distributed: rapid.Bool().Draw(t, "distributed"),
			Count: rapid.OneOf(rapid.IntRange(1, 50), rapid.IntRange(1, 1<<31-1)).Draw(t, "count"), Role: "any",
			Egress: rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 1e9), rapid.Int64Range(0, 1<<62)).Draw(t, "egress"),
		})
	}
	return c, o
}

func anySpan(t *rapid.T, name string) time.Duration {
	return time.Duration(rapid.OneOf(rapid.Int64Range(1, int64(100*time.Hour)), rapid.Int64Range(1, 1<<61)).Draw(t, name))
}

func reckon(t *rapid.T, c Catalogue, o Order) Estimate {
	e, err := c.Estimate(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestMoreNeverCostsLess: with more hours, more machines and more sent, no sum is less.
func TestMoreNeverCostsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, o := anyOrder(t)
		e := reckon(t, c, o)
		if e.Minimum != e.PerHour || e.AsPlan < e.Minimum || e.Worst < e.AsPlan {
			t.Fatalf("minimum %s, planned %s, worst case %s", e.Minimum, e.AsPlan, e.Worst)
		}
		longer := o
		longer.Planned += anySpan(t, "longer")
		longer.TTL = max(longer.TTL, longer.Planned)
		if f := reckon(t, c, longer); f.AsPlan < e.AsPlan || f.Worst < e.Worst || f.PerHour != e.PerHour {
			t.Fatalf("%s for %s, %s for %s", e.AsPlan, o.Planned, f.AsPlan, longer.Planned)
		}
		more := o
		more.Resources = append([]Resource{}, o.Resources...)
		i := rapid.IntRange(0, len(o.Resources)-1).Draw(t, "of")
		if rapid.Bool().Draw(t, "machines") {
			more.Resources[i].Count++
		} else {
			more.Resources[i].Egress += 1 + more.Resources[i].Egress/2
		}
		if f := reckon(t, c, more); f.PerHour < e.PerHour || f.AsPlan < e.AsPlan || f.Worst < e.Worst {
			t.Fatalf("more of %+v costs less: %s, %s", o.Resources[i], f.Worst, e.Worst)
		}
	})
}

// TestSumsAreThoseOfTheirParts: every sum of an order is, to the millionth, what its resources cost alone, reckoned in
// whole numbers without an end, and rounding adds less than a millionth for each that sends.
func TestSumsAreThoseOfTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, o := anyOrder(t)
		e, hours, parts := reckon(t, c, o), new(big.Int), USD(0)
		for i, l := range e.Lines {
			n := big.NewInt(int64(l.Hourly.USD))
			hours.Add(hours, n.Mul(n, big.NewInt(int64(l.Count))).Mul(n, big.NewInt(int64(Hours(o.Planned)))))
			alone := o
			alone.Resources = o.Resources[i : i+1]
			parts = parts.Plus(reckon(t, c, alone).AsPlan)
		}
		if e.AsPlan != parts {
			t.Fatalf("%s together, %s one by one", e.AsPlan, parts)
		}
		if e.AsPlan != Most && hours.Cmp(big.NewInt(int64(e.AsPlan))) > 0 {
			t.Fatalf("%s is less than %s millionths of hours", e.AsPlan, hours)
		}
	})
}

// TestABudgetIsKept: what it lets pass never costs more at the TTL, and the shorter TTL it offers is let pass.
func TestABudgetIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, o := anyOrder(t)
		e, most := reckon(t, c, o), anyUSD().Draw(t, "most")
		err := e.Within(most)
		if want := e.Worst <= most && len(e.Missing()) == 0; want != (err == nil) {
			t.Fatalf("%s of %s with %q missing: %v", e.Worst, most, e.Missing(), err)
		}
		if err == nil || e.Worst <= most {
			return
		}
		ttl := e.longest(most)
		if next := ttl + time.Hour; ttl > 0 && (e.WorstAt(ttl) > most || e.WorstAt(next) <= most && next < o.TTL) {
			t.Fatalf("a TTL of %s fits into %s, of %s", ttl, most, e.Worst)
		}
	})
}

// TestAnEstimateWithoutPricesSaysSo: each sum that lacks something is shown as a lower bound, and what it lacks is named.
func TestAnEstimateWithoutPricesSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, o := anyOrder(t)
		e := reckon(t, c, o)
		text := e.String()
		hours, sums := e.AtLeast()
		for _, l := range e.Lines {
			if !l.Hourly.Known && (!hours || !strings.Contains(text, l.Type+": no")) {
				t.Fatalf("%s has no price:\n%s", l.Type, text)
			}
			if l.excess() > 0 && !l.PerGB.Known && !sums {
				t.Fatalf("a GB from %s has no price:\n%s", l.Region, text)
			}
		}
		if got := strings.Count(text, "at least "); got != map[bool]int{true: 2}[hours]+map[bool]int{true: 2}[sums] {
			t.Fatalf("%d lower bounds, hours %t, sums %t:\n%s", got, hours, sums, text)
		}
	})
}

// TestABillFollowsTheEstimate: what existed for as long as was planned has cost what was told, transfer apart.
func TestABillFollowsTheEstimate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var held []Held
	for _, r := range fleet("common") {
		for range r.Count {
			held = append(held, Held{Name: r.Role, Type: r.Type, Region: r.Region, Created: now.Add(-70 * time.Minute)})
		}
	}
	if b := Builtin().Bill(now, held); b.Total != 1_722_000 || b.PerHour != 861_000 || b.Alive != 10 || len(b.Unknown) > 0 {
		t.Errorf("%+v", b)
	}
}

// TestTheDearestAreReplaced: a fifth of the machines, one at least, none of them more than twice, and no balancer.
func TestTheDearestAreReplaced(t *testing.T) {
	for _, c := range []struct {
		resources []Resource
		want      USD
	}{
		{[]Resource{{Count: 1, Type: "g6-nanode-1"}}, 7_500},
		{[]Resource{{Count: 9, Type: "g6-nanode-1"}, {Count: 1, Type: "premium"}}, 7_500},
		{[]Resource{{Count: 18, Type: "g6-nanode-1"}, {Count: 2, Type: "g6-dedicated-4"}}, 4 * 108_000},
		{[]Resource{{Count: 19, Type: "g6-nanode-1"}, {Count: 1, Type: "g6-dedicated-4"}}, 2*108_000 + 2*7_500},
	} {
		for i := range c.resources {
			c.resources[i].Region = "us-ord"
		}
		e, err := Builtin().Estimate(Order{Resources: c.resources, Planned: time.Hour, TTL: time.Hour})
		if got := e.Worst - e.At(time.Hour+Back); err != nil || got != c.want {
			t.Errorf("%+v: replacements cost %s, want %s; %v", c.resources, got, c.want, err)
		}
	}
}
