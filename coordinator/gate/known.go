package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// What is taken for granted where nothing is known: a clump as queues of a few servers
// have it near their capacity.
const usualClump = 50

// softEdge is the elasticity below which the hold is a weak question: with it, a service
// slower by 10 % is missed in more than one gate of twenty.
const softEdge = 20

// Result is what is known now.
func (g *Gate) Result() Result {
	r := Result{Verdict: g.verdict, Why: g.why, Broken: g.broken, Unpaired: g.unpaired(), Seed: g.set.Seed, Took: g.took,
		Trials: slices.Clone(g.trials)}
	if g.set.Hold && g.set.Capacity > 0 {
		r.Hold = &Hold{Rate: g.set.rate(Holds), Capacity: g.set.Capacity, Margin: g.set.HoldMargin,
			Base: g.base, Candidate: g.candidate, Verdict: g.hold}
	}
	if g.pairs > 0 {
		r.Metrics = g.metrics()
	}
	found := 0.0
	if e, ok := g.edge(); ok {
		r.Operating, found = e.operating(), e.detects()
	}
	r.Detectable = g.detectable(r.Metrics, found)
	r.Flags = g.flags()
	return r
}

func (g *Gate) metrics() (all []Metric) {
	for _, c := range g.comparisons {
		if c.primary || len(c.d) > 0 {
			all = append(all, g.metric(c))
		}
	}
	return all
}

func (g *Gate) metric(c *comparison) Metric {
	if g.unpaired() {
		return c.storedMetric(&g.set)
	}
	m := c.metric(&g.set)
	m.Detects = c.detects(&g.set, g.affordable())
	return m
}

// affordable is how many pairs the budget has room for, of those that would be asked.
func (g *Gate) affordable() int {
	if g.pairs == 0 {
		return mostPairs
	}
	var of, all float64
	for i := range g.trials {
		if t := &g.trials[i]; t.Kind == Pairs {
			of += t.Took.Seconds()
		}
	}
	all = of + max(0, (g.set.Budget-g.took).Seconds())
	if of == 0 {
		return mostPairs
	}
	return max(g.pairs, min(mostPairs, int(math.Floor(all/of*float64(g.pairs)))))
}

// detectable is the smallest slowing down of everything that would be found: by the hold,
// or by response times, of which the least sure one counts.
func (g *Gate) detectable(metrics []Metric, hold float64) float64 {
	worst := 0.0
	for _, m := range metrics {
		if m.Primary && m.Unit == "s" {
			if m.Detects == 0 {
				return hold
			}
			worst = max(worst, m.Detects)
		}
	}
	switch {
	case worst == 0:
		return hold
	case hold == 0:
		return worst
	}
	return min(hold, worst)
}

// edge is what is known of the edge that the hold stands at; not ok: too little.
func (g *Gate) edge() (edge, bool) {
	if !g.set.Hold || g.set.Elasticity == 0 || g.set.Capacity <= 0 || len(g.set.Clauses) == 0 {
		return edge{}, false
	}
	rate := g.set.rate(Holds)
	e := edge{requests: rate * g.set.Lengths.Hold.Seconds(), elasticity: g.set.Elasticity, clump: g.set.Clump,
		distance: math.Log(rate / g.set.Estimate)}
	clause, seen := g.seen()
	e.allowed = g.set.Clauses[clause].Allowed
	if seen.n > 0 {
		e.requests = seen.n
	}
	if e.clump == 0 {
		// Trials of the hold lie below the capacity, where clumps are smaller.
		e.clump = max(1, seen.clump/math.Sqrt(max(0.01, math.Exp(e.elasticity*min(0, e.distance)))))
	}
	return e, e.allowed > 0
}

// A seen is what trials of the base at the hold's rate tell of a clause.
type seen struct{ n, share, clump float64 }

// seen gives the clause that came nearest to its limit, and what was seen of it.
func (g *Gate) seen() (clause int, of seen) {
	all := make([]seen, len(g.set.Clauses))
	trials, weight := 0.0, make([]float64, len(all))
	for i := range g.trials {
		t := &g.trials[i]
		if t.Kind != Holds || !t.Used || t.GaveUp || t.Side == Candidate && !g.unpaired() {
			continue
		}
		trials++
		for j := range min(len(all), len(t.Counts)) {
			c := t.Counts[j]
			all[j].n += float64(c.N)
			all[j].share += c.Share() / max(g.set.Clauses[j].Allowed, 1e-12)
			all[j].clump += c.Clump * float64(c.Bad+1)
			weight[j] += float64(c.Bad + 1)
		}
	}
	if trials == 0 {
		return 0, seen{clump: usualClump}
	}
	for j := range all {
		all[j].n /= trials
		all[j].clump /= max(weight[j], 1)
		if all[j].share > all[clause].share {
			clause = j
		}
	}
	return clause, all[clause]
}

// flags are what a reader must know beside the verdict.
func (g *Gate) flags() (all []string) {
	degraded, used := 0, 0
	for i := range g.trials {
		if t := &g.trials[i]; t.Used {
			used++
			if t.Validity == stats.Degraded {
				degraded++
			}
		}
	}
	if degraded > 0 {
		all = append(all, fmt.Sprintf("%d of %d trials were degraded", degraded, used))
	}
	if g.set.Hold && g.set.Elasticity == 0 && g.set.Capacity > 0 {
		all = append(all, "how steep the edge of the SLO is was not told, so neither is what the hold would find: it comes with a capacity that was searched")
	}
	if b := g.set.Elasticity; g.set.Hold && b > 0 && b < softEdge {
		all = append(all, fmt.Sprintf("soft edge: 1 %% more load is only %.2g %% more bad requests, so the hold finds small changes late or not (see its operating curve)", b))
	}
	if g.unpaired() {
		all = append(all, "unpaired: against stored runs, what differs between days and machines is taken for noise, not removed")
	}
	if g.set.Hold && g.verdict == Pass && g.base.lead() < 1 && !g.unpaired() {
		all = append(all, fmt.Sprintf("the base itself %s of the hold", brokeWords(g.base)))
	}
	return all
}
