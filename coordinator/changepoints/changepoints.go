// Package changepoints finds where a series of runs changed its level: the second net, for
// slow losses that each pass a gate. It divides the series where the parts differ most and asks
// by permutation whether chance divides as well (E-divisive). It refuses to judge one run, and to fail a
// build: with few values after a change it cannot know.
package changepoints

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A Point is one value of a series, in the order of its runs.
type Point struct {
	Time  time.Time
	Value float64
}

// Most is how many values are looked at, the last ones: to shuffle a longer series takes the square of its length, 500 times
// for each change.
const Most = 1000

// A Config is how much evidence a change needs. What is zero has the default its comment states.
type Config struct {
	Segment      int     // fewest values between changes; 0 = 5
	Significance float64 // probability that chance divides as well; 0 = 0.01
	Permutations int     // that chance has; 0 = 499
	Seed         uint64
}

// A Change is where a series changed.
type Change struct {
	Index  int       `json:"index"` // of the first value after it
	Time   time.Time `json:"time"`
	Before float64   `json:"before"` // mean of the values up to the change before
	After  float64   `json:"after"`  // mean of those up to the next
	Change float64   `json:"change"` // After/Before − 1; 0 = not known, as Before is 0
	P      float64   `json:"p"`      // share of permutations that divide as well, the series itself counted
}

func (set Config) withDefaults() Config {
	if set.Segment == 0 {
		set.Segment = 5
	}
	set.Segment = max(set.Segment, 2)
	if set.Significance == 0 {
		set.Significance = 0.01
	}
	if set.Permutations == 0 {
		set.Permutations = 499
	}
	return set
}

// Find gives the changes in order, of the last Most values: what was before them is as if it had not been. Values that are
// no numbers are passed over, and not counted. A drift is found as steps,
// where it amounts to several times the noise within the series; one that amounts to less is not found.
func Find(series []Point, set Config) (all []Change) {
	set = set.withDefaults()
	var values []float64
	var index []int // in the series, of each value
	for i, p := range series {
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			values, index = append(values, p.Value), append(index, i)
		}
	}
	old := max(0, len(values)-Most)
	values, index = values[old:], index[old:]
	cuts := set.divide(values)
	ends := append(slices.Clone(cuts), cut{at: len(values)})
	from := 0
	for i, c := range cuts {
		at := index[c.at]
		change := Change{Index: at, Time: series[at].Time, Before: mean(values[from:c.at]), After: mean(values[c.at:ends[i+1].at]), P: c.p}
		if change.Before != 0 {
			change.Change = change.After/change.Before - 1
		}
		all = append(all, change)
		from = c.at
	}
	return all
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

// A cut is a place to divide at.
type cut struct {
	at   int
	gain float64 // by how much the parts differ
	p    float64
}

// divide cuts the series where it gains most, as long as chance does not gain as much.
func (set Config) divide(values []float64) (cuts []cut) {
	random := rand.New(rand.NewPCG(set.Seed, 1))
	for {
		best := set.best(values, cuts)
		if best.gain <= 0 {
			return cuts
		}
		if best.p = set.chance(values, cuts, best.gain, random); best.p > set.Significance {
			return cuts
		}
		cuts = append(cuts, best)
		slices.SortFunc(cuts, func(a, b cut) int { return a.at - b.at })
	}
}

// best is the cut that gains most, of all parts that the cuts leave.
func (set Config) best(values []float64, cuts []cut) (best cut) {
	from := 0
	for _, end := range append(slices.Clone(cuts), cut{at: len(values)}) {
		if c := set.bestOf(values[from:end.at]); c.gain > best.gain {
			best = cut{at: from + c.at, gain: c.gain}
		}
		from = end.at
	}
	return best
}

// chance is how often parts whose values are shuffled gain as much. The values stay within
// their parts, as the changes that are known are no chance.
func (set Config) chance(values []float64, cuts []cut, gain float64, random *rand.Rand) float64 {
	shuffled, as := slices.Clone(values), 1
	for range set.Permutations {
		from := 0
		for _, end := range append(slices.Clone(cuts), cut{at: len(values)}) {
			part := shuffled[from:end.at]
			random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			from = end.at
		}
		if set.best(shuffled, cuts).gain >= gain {
			as++
		}
	}
	return float64(as) / float64(set.Permutations+1)
}

// bestOf divides one part in two: where nm/(n+m) of the energy distance of Székely and Rizzo between both
// sides, with exponent 1, is largest. Sums of distances are kept while the cut moves, so that all cuts take n² steps.
func (set Config) bestOf(v []float64) (best cut) {
	if len(v) < 2*set.Segment {
		return best
	}
	var left, cross, right float64 // sums of distances, each pair once
	for i := range v {
		for j := i + 1; j < len(v); j++ {
			right += math.Abs(v[i] - v[j])
		}
	}
	for at := 1; at <= len(v)-set.Segment; at++ {
		toLeft, toRight := distances(v, at-1)
		left, cross, right = left+toLeft, cross-toLeft+toRight, right-toRight
		if at < set.Segment {
			continue
		}
		n, m := float64(at), float64(len(v)-at)
		energy := 2*cross/(n*m) - 2*left/(n*(n-1)) - 2*right/(m*(m-1))
		if gain := energy * n * m / (n + m); gain > best.gain {
			best = cut{at: at, gain: gain}
		}
	}
	return best
}

// distances of value i to those before and after it.
func distances(v []float64, i int) (before, after float64) {
	for j := range i {
		before += math.Abs(v[i] - v[j])
	}
	for j := i + 1; j < len(v); j++ {
		after += math.Abs(v[i] - v[j])
	}
	return before, after
}
