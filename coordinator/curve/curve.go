package curve

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A Point is what one trial shows of a target at its load.
type Point struct {
	Load       float64       `json:"load"`       // iterations a second that were due
	Offered    float64       `json:"offered"`    // requests a second
	Throughput float64       `json:"throughput"` // OK requests a second
	Good       float64       `json:"good"`       // of these, no clause calls bad: the goodput
	Mean       time.Duration `json:"mean_ns"`    // response time, of OK requests
	P50        time.Duration `json:"p50_ns"`     // failed ones infinitely slow: then 0
	P99        time.Duration `json:"p99_ns"`
	InFlight   float64       `json:"in_flight"`
	Growing    bool          `json:"growing,omitempty"` // the target was behind more and more: figures depend on how long it was looked at
}

// Points are those of the trials that measured something, by their load. Each trial is a point of
// its own: percentiles of several are no percentile.
func Points(all []trial.Told) (points []Point) {
	for i := range all {
		t := &all[i]
		if t.Broken != "" || t.Validity == stats.Invalid || t.Requests == 0 {
			continue
		}
		points = append(points, Point{Load: t.Iterations, Offered: t.Offered, Throughput: t.Throughput, Good: t.Good,
			Mean: t.Mean, P50: t.P50, P99: t.P99, InFlight: t.InFlight, Growing: t.Growing || t.GaveUp})
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Load, b.Load), cmp.Compare(a.Offered, b.Offered)) })
	return points
}
