package gate

import (
	"cmp"
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// alpha is what a gate may be wrong by, on each side: a regression passed, or a change
// within the margin failed. It is shared out among looks, so that whoever looks five times is not
// wrong five times as often.
const alpha = 0.05

// outside is what the intervals that people read leave out, on each side. No look decides by more, so that no
// verdict contradicts the interval beside it.
const outside = 0.025

// A turn is a number of pairs at which they are looked at, and the parts of alpha it has.
type turn struct {
	pairs      int
	pass, fail float64
}

// turns are the looks but the last, which has what is left of alpha, and no more than outside. Seven pairs are the fewest
// whose most extreme outcome (1 of 128) is rare enough, and see what is clear. Most is left to the end, so
// that noisy figures are hardly decided worse for having been looked at before. Metrics share what they
// fail by, so the third and fourth look have all of it that the last may not use.
func turns() []turn {
	return []turn{{7, 0.008, 0.008}, {10, 0.008, 0.008}, {14, 0.002, 0.0045}, {19, 0.002, 0.0045}}
}

const (
	fewestPairs = 7
	mostPairs   = 28 // what 15 minutes have room for after the hold
)

// turnAt is the look at so many pairs; not ok: there is none.
func turnAt(pairs int) (turn, bool) {
	for _, t := range turns() {
		if t.pairs == pairs {
			return t, true
		}
	}
	return turn{}, false
}

// A ledger is how much of alpha was spent, on either side.
type ledger struct {
	pass, fail float64
}

// spend takes the parts of a look. One at so few pairs that nothing could be as
// rare costs that side nothing: so it is with seven pairs and two metrics to fail by.
func (l *ledger) spend(pairs, primaries int, last bool) (pass, fail float64) {
	t, _ := turnAt(pairs)
	pass, fail = t.pass, t.fail
	if last {
		pass, fail = min(outside, alpha-l.pass), min(outside, alpha-l.fail)
	}
	rarest := math.Exp2(-float64(pairs))
	if rarest > pass {
		pass = 0
	}
	if rarest > fail/float64(primaries) {
		fail = 0
	}
	l.pass, l.fail = l.pass+pass, l.fail+fail
	return pass, fail
}

// A comparison is one metric under way.
type comparison struct {
	meter
	primary   bool
	base      []float64 // by pair
	candidate []float64
	d         []float64 // by which the candidate is worse, of pairs where both are known
	verdict   Verdict   // Inconclusive until decided
}

func newComparisons(c *Config) (all []*comparison) {
	for _, m := range meters() {
		all = append(all, &comparison{meter: m, primary: slices.Contains(c.Primary, m.name), verdict: Inconclusive})
	}
	return all
}

func (c *comparison) add(base, candidate float64) {
	c.base, c.candidate = append(c.base, base), append(c.candidate, candidate)
	if d, ok := c.worse(base, candidate); ok {
		c.d = append(c.d, d)
	}
}

// pass decides which metrics are not worse: those whose upper bound is below the margin. There
// is no correction for several, as all have to.
func pass(all []*comparison, part float64, set *Config) {
	for _, c := range all {
		if c.verdict == Inconclusive && len(c.d) > 0 && stats.RankSigns(c.d).Below(c.limit(set)) <= part {
			c.verdict = Pass
		}
	}
}

// fail decides which are worse. One primary metric is enough to fail by, so they share the part.
func fail(all []*comparison, part float64, set *Config, evidence func(*comparison) float64) {
	var times, shares []*comparison
	for _, c := range all {
		switch {
		case !c.primary:
			if c.verdict == Inconclusive && len(c.d) > 0 && evidence(c) <= part {
				c.verdict = Regression
			}
		case c.share:
			shares = append(shares, c)
		default:
			times = append(times, c)
		}
	}
	forShares := 0.0
	if len(shares) > 0 {
		forShares = part * shareOfShares
		if len(times) == 0 {
			forShares = part
		}
	}
	stepUp(shares, forShares, evidence)
	stepUp(times, part-forShares, evidence)
}

// shareOfShares is the part of shares of failed requests, beside that of times. They are
// apart as they tell of another fault, which is in nearly all pairs or in none, and so
// needs no large part.
const shareOfShares = 0.1

// stepUp fails metrics against Holm's thresholds, from the weakest evidence on (Hochberg): all, if the
// weakest is good enough for one alone, else all but that if the next is good enough for one of two, and so
// on. Times of the same requests move together, for which this is as safe, and a service that is slower in all
// is found by all of them.
func stepUp(family []*comparison, part float64, evidence func(*comparison) float64) {
	p := func(c *comparison) float64 {
		if c.verdict == Pass || len(c.d) == 0 {
			return 1
		}
		return evidence(c)
	}
	family = slices.Clone(family)
	slices.SortStableFunc(family, func(a, b *comparison) int { return cmp.Compare(p(a), p(b)) })
	for i := len(family); i > 0; i-- {
		if p(family[i-1]) > part/float64(len(family)-i+1) {
			continue
		}
		for _, c := range family[:i] {
			c.verdict = Regression
		}
		return
	}
}

// metric is what is known of it now.
func (c *comparison) metric(set *Config) Metric {
	m := Metric{Name: c.name, Unit: c.unit, Margin: set.Margin, Primary: c.primary, Pairs: len(c.d), Verdict: c.verdict,
		Base: c.typical(c.base), BaseFailed: c.failed(c.base), Candidate: c.typical(c.candidate), CandidateFailed: c.failed(c.candidate), Noise: spread(c.d)}
	if c.share {
		m.Margin = set.FailedMargin
	}
	if len(c.d) > 0 {
		r := stats.RankSigns(c.d)
		low, high, left := r.Widest(outside)
		m.Low, m.Change, m.High = c.change(low, r.Center(), high)
		m.Confidence = max(0, 1-2*left)
	}
	return m
}

// detects is the smallest true change, as people read it, that pairs with this noise
// would find a regression nine times in ten: the margin, and so many standard errors beyond it that
// the look is passed with that power. 1.02 is what ranks lose against means where
// noise is normal. 0 = not known.
func (c *comparison) detects(set *Config, pairs int) float64 {
	n := len(c.d)
	if n < fewestPairs || pairs < fewestPairs {
		return 0
	}
	k := 1
	if c.primary {
		k = len(set.Primary)
	}
	t := stats.StudentT(1-alpha/float64(5*k), float64(n-1))
	x := c.limit(set) + (t+1.2816)*1.02*spread(c.d)/math.Sqrt(float64(pairs))
	if c.share {
		return min(x, 1)
	}
	return math.Expm1(min(x, mostLog))
}
