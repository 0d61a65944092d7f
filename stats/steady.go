package stats

import (
	"math"
	"time"
)

// Steadiness is whether the load that was recorded came to rest, and stayed there. It
// speaks of the target, and is no part of validity: what was measured was measured.
type Steadiness struct {
	Levels []LevelTrend
}

// A LevelTrend is how one recorded phase at one rate went. Seconds that are excluded
// or have a pause in them are left out.
type LevelTrend struct {
	Phase   int
	Seconds int // whole ones that were looked at

	// Warming is how many seconds at its beginning an automatic check would still cut.
	Warming int

	// Growing says that requests in the target, or waiting for it, became more and more.
	// Slope is by how many a second, whether or not it means anything.
	Growing bool
	Slope   float64

	// First and Second are the shares of requests slower than the run's smallest
	// response-time limit, in both halves; Changed says that they differ by more than
	// chance. All are zero without such a limit.
	First, Second FractionInterval
	Changed       bool
}

// levelSeconds is how many seconds it takes to say anything: two a slice.
const levelSeconds = 2 * trendSlices

// JudgeSteadiness looks at each recorded phase that was to issue requests at one
// rate. Rising load is meant to change, and says nothing.
func JudgeSteadiness(r *Run) (s Steadiness) {
	for _, i := range r.phases(func(p *PhaseKey) bool { return p.Recorded && p.Level }) {
		if l := r.level(i); len(l.held) >= levelSeconds {
			s.Levels = append(s.Levels, l.trend(i, r.Info.SmallestSLO))
		}
	}
	return s
}

// A level is what each second of a phase at one rate said.
type level struct {
	held  []float64 // requests in flight or waiting at its end
	means []float64 // mean response time of those that ended in it, in seconds
	slow  []BinBad
	ended uint64
}

func (r *Run) level(phase int) (l level) {
	for i := range r.Windows {
		w := &r.Windows[i]
		if w.Excluded() || w.Paused > 0 || !r.underWay(phase, w) || phase >= len(w.Merged.Phases) {
			continue
		}
		p := &w.Merged.Phases[phase]
		l.held = append(l.held, float64(p.InFlight+p.Queued))
		l.second(r, w, phase)
	}
	return l
}

// second adds what ended in a window.
func (l *level) second(r *Run, w *Window, phase int) {
	var sum time.Duration
	var n uint64
	bad := BinBad{Bin: w.Index}
	for i := range min(len(w.Merged.Cells), len(r.Layout.Cells)) {
		if k := &r.Layout.Cells[i]; k.Phase != phase || !k.Recorded {
			continue
		}
		c := &w.Merged.Cells[i]
		sum, n = sum+c.Response.Sum()+c.Failed.Sum(), n+c.Response.Count()+c.Failed.Count()
		if d := c.Dist(); r.Info.SmallestSLO > 0 {
			bad.N, bad.Bad = bad.N+d.Count(), bad.Bad+d.CountAbove(r.Info.SmallestSLO)
		}
	}
	l.ended += n
	if n > 0 {
		l.means = append(l.means, sum.Seconds()/float64(n))
	}
	if bad.N > 0 {
		l.slow = append(l.slow, bad)
	}
}

func (l *level) trend(phase int, limit time.Duration) LevelTrend {
	t := LevelTrend{Phase: phase, Seconds: len(l.held), Warming: warming(l.means)}
	t.Slope, t.Growing = Growth(l.held, l.worthOf(limit))
	if n := len(l.slow); limit > 0 && n >= levelSeconds {
		var halves episodes
		halves.see(l.slow[:n/2])
		halves.see(l.slow[n/2:])
		t.First, t.Second = slowIn(l.slow[:n/2], halves, limit), slowIn(l.slow[n/2:], halves, limit)
		t.Changed = apart(t.First, t.Second) || apart(t.Second, t.First)
	}
	return t
}

// slowIn is the interval of the share of slow requests in some seconds, if both halves
// tell the size of episodes: one that saw a single wave knows little of waves.
func slowIn(seconds []BinBad, halves episodes, limit time.Duration) FractionInterval {
	return interval(seconds, halves, hiccup(seconds, WindowLength, limit))
}

// apart says whether a is below b by more than chance. Halves of a minute are short for
// their intervals where a queue wanders, so that b must have been seen often enough, and
// the intervals must be as far apart as a factor of two.
func apart(a, b FractionInterval) bool { return b.Episodes >= enough && 2*a.High < b.Low }

// worthOf is how many requests are in flight more when each takes longer by the limit:
// X·λ, by Little's law. Without a limit X is the mean response time itself, so that what
// counts is that they doubled.
func (l *level) worthOf(limit time.Duration) float64 {
	if limit > 0 {
		return limit.Seconds() * float64(l.ended) / float64(len(l.held))
	}
	return mean(l.held)
}

// Growth is by how many a second something became more that was held at the end of each
// second, and whether that is certain (see slope) and comes to more than worth in all. It takes 20 seconds to say anything.
func Growth(held []float64, worth float64) (perSecond float64, growing bool) {
	if len(held) < levelSeconds {
		return 0, false
	}
	perSecond, certain := slope(held)
	return perSecond, certain && perSecond*float64(len(held)) > worth
}

const trendSlices = 10

// certainSlope is Student's t of 8 degrees of freedom that chance exceeds once in
// a hundred times.
const certainSlope = 2.896

// slope is the slope a step of a straight line through values (least squares), and
// whether it is above 0 by more than chance: p < .01, one-sided.
//
// Neighbouring values depend on each other, so that the residuals of single ones would
// give far too small an error. The line goes through the means of ten slices instead,
// whose residuals have the slow wandering of a queue in them.
func slope(values []float64) (b float64, certain bool) {
	k := trendSlices
	means := make([]float64, k)
	for i := range means {
		means[i] = mean(values[i*len(values)/k : (i+1)*len(values)/k])
	}
	middle, centre := mean(means), float64(k-1)/2
	var sxy, sxx, sse float64
	for i, y := range means {
		x := float64(i) - centre
		sxy, sxx = sxy+x*(y-middle), sxx+x*x
	}
	b = sxy / sxx
	for i, y := range means {
		e := y - middle - b*(float64(i)-centre)
		sse += e * e
	}
	step := float64(len(values)) / float64(k)
	return b / step, b > certainSlope*math.Sqrt(sse/float64(k-2)/sxx)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// warming is how many values at the beginning the marginal standard error rule (MSER,
// White 1997) would cut: d makes Σ(x − x̄)²/(n−d)², over the n−d values that are
// left, least.
//
// The rule finds its least value in noise too, and near its knee a queue wanders. So
// what it would cut must stand out: be no more than a fifth of the phase, and three
// times as far from the mean of what is left as the furthest stretch of that length
// there. A stable queue then raises a false alarm in at most a few of a hundred runs.
func warming(values []float64) int {
	cut := mser(values)
	rest := values[cut:]
	if cut == 0 || len(rest) < 4*cut {
		return 0
	}
	middle, furthest := mean(rest), 0.0
	for i := 0; i+cut <= len(rest); i++ {
		furthest = max(furthest, math.Abs(mean(rest[i:i+cut])-middle))
	}
	if math.Abs(mean(values[:cut])-middle) <= standsOut*furthest {
		return 0
	}
	return cut
}

const standsOut = 3

// mser is the number of values that the rule cuts, at most half of them.
func mser(values []float64) (cut int) {
	n := len(values)
	var sum, squares float64
	least := math.Inf(1)
	for d := n - 1; d >= 0; d-- {
		sum, squares = sum+values[d], squares+values[d]*values[d]
		left := float64(n - d)
		if d > n/2 {
			continue
		}
		if s := (squares - sum*sum/left) / (left * left); s <= least {
			least, cut = s, d
		}
	}
	return cut
}
