package usl

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A Point is what one trial saw.
type Point struct {
	N      float64 `json:"n"` // requests at a time, in the mean
	X      float64 `json:"x"` // OK requests a second
	Weight float64 `json:"weight"`
}

// What a trial must be to say how a target is at a level.
const (
	mostFailed = 0.05             // share: a request that fails is another one, and often a cheap one
	fewFailed  = 0.01             // share up to which times of OK requests are those of all
	whole      = 10 * time.Second // a trial of that length counts in full: beyond, it is the state of the target that varies, and not the count
)

// Points are what trials say. Those that were invalid, gave up or had requests pile up are
// none: what was in flight then is no level that the target came to rest at, but how
// long it was looked at. So an open load says little of what lies past a peak; closed users do.
func Points(all []trial.Told) (points []Point) {
	for i := range all {
		t := &all[i]
		if t.Broken != "" || t.Validity == stats.Invalid || t.GaveUp || t.Growing || t.Failed > mostFailed {
			continue
		}
		p := Point{N: concurrency(t), X: t.Throughput, Weight: min(1, t.Measured.Seconds()/whole.Seconds())}
		if p.usable() {
			points = append(points, p)
		}
	}
	return points
}

// concurrency is how many requests were in the target at a time. By Little's law, which
// is of all the time, where times are known of nearly all requests; what was seen at the end of
// each second is of some moments only.
func concurrency(t *trial.Told) float64 {
	if n := t.Throughput * t.Mean.Seconds(); n > 0 && t.Failed <= fewFailed {
		return n
	}
	return t.InFlight
}

// usable says whether a point is one of a target that there might be: what lies beyond is a
// mistake, and would be too large for its own square.
func (p Point) usable() bool {
	ok := func(v, least, most float64) bool { return v >= least && v <= most }
	return ok(p.N, 1e-3, 1e7) && ok(p.X, 1e-6, 1e12) && ok(p.Weight, 1e-3, 1e3)
}

// sorted are the points that can be used, by N.
func sorted(points []Point) (kept []Point) {
	for _, p := range points {
		if p.usable() {
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.X, b.X), cmp.Compare(a.Weight, b.Weight))
	})
	return kept
}

// apart is the factor from which on two levels are not the same one.
const apart = 1.1

// levels is how many there are among points in order.
func levels(points []Point) (n int) {
	last := 0.0
	for _, p := range points {
		if p.N > apart*last {
			n, last = n+1, p.N
		}
	}
	return n
}
