package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

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
	found, e := 0.0, g.edge()
	if e.known {
		r.Operating, found = e.operating(), e.detects()
	}
	r.Detectable, r.DetectedBy = detectable(r.Metrics, found)
	r.Flags = g.flags(&e)
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

// detectable is the smallest slowing down of everything that would be found, and what would find it: the hold,
// or response times, of which the least sure one counts.
func detectable(metrics []Metric, hold float64) (change float64, by string) {
	pairs := 0.0
	for _, m := range metrics {
		if m.Primary && m.Unit == "s" {
			if m.Detects == 0 {
				pairs = 0
				break
			}
			pairs = max(pairs, m.Detects)
		}
	}
	switch {
	case pairs > 0 && (hold == 0 || pairs <= hold):
		return pairs, ByPairs
	case hold > 0:
		return hold, ByHold
	}
	return 0, ""
}

// flags are what a reader must know beside the verdict.
func (g *Gate) flags(e *edge) (all []string) {
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
	all = append(all, g.edgeFlags(e)...)
	if g.unpaired() {
		all = append(all, "unpaired: against stored runs, what differs between days and machines is taken for noise, not removed")
	}
	if g.set.Hold && g.verdict == Pass && g.base.lead() < 1 && !g.unpaired() {
		all = append(all, fmt.Sprintf("the base itself %s of the hold", brokeWords(g.base)))
	}
	return all
}
