package view

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Times are the percentiles of one histogram, or of answers and failures
// together: then failures count as infinitely slow.
type Times struct {
	Count  uint64 // values, failures included
	Failed uint64 // of which infinite
	// Mean, Min and Max are of the finite values; 0 when there are none.
	Mean, Min, Max           time.Duration
	P50, P90, P95, P99, P999 Quantile
	Overflow                 uint64 // values above an hour, kept as an hour
}

// A Quantile is one percentile and whether it means what it says.
type Quantile struct {
	Value    time.Duration // the largest finite value when Infinite
	Infinite bool          // failures reach into it
	Thin     bool          // fewer values than 1/(1−p): the largest value in disguise
	Withheld bool          // so few values that no result should name it (stats.Supported)
}

// Percentiles that every table shows, in order.
var percentiles = [5]float64{50, 90, 95, 99, 99.9}

// TimesOf asks a histogram, which may be nil, with failed infinite values beside it.
func TimesOf(h *stats.Histogram, failed uint64) Times {
	t := Times{Count: h.Count() + failed, Failed: failed, Mean: h.Mean(), Min: h.Min(), Max: h.Max(), Overflow: h.Overflow()}
	for i, q := range []*Quantile{&t.P50, &t.P90, &t.P95, &t.P99, &t.P999} {
		*q = QuantileOf(h, failed, percentiles[i])
	}
	return t
}

// QuantileOf is percentile p (0..100) of a histogram with failed infinite values beside it.
func QuantileOf(h *stats.Histogram, failed uint64, p float64) Quantile {
	n := h.Count() + failed
	if n == 0 {
		return Quantile{Thin: true, Withheld: true}
	}
	rank := stats.Rank(p, n)
	return Quantile{
		Value:    h.AtRank(rank),
		Infinite: rank > h.Count(),
		Thin:     p < 100 && float64(n)*(100-p) < 100-1e-6,
		Withheld: p < 100 && !stats.Supported(p, n),
	}
}

// All gives the five percentiles in order: 50, 90, 95, 99, 99.9.
func (t Times) All() [5]Quantile { return [5]Quantile{t.P50, t.P90, t.P95, t.P99, t.P999} }
