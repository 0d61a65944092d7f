// Package virtual plays a run against a queue in virtual time: the very arrivals that
// loadctl makes of a seed, to the very services that `loadctl target queue` draws from
// one. What a run measures is then known before it is made, chance included.
package virtual

import (
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/target/queue"
)

// A Run is a constant rate of arrivals to a queue, which is empty when it begins.
type Run struct {
	Rate     float64 // arrivals a second
	Law      arrival.Law
	Length   time.Duration
	Seed     uint64 // of the run: that of `loadctl run --seed`
	Settings queue.Settings
}

// Schedule are the arrivals of the run's first phase.
func (r Run) Schedule() *arrival.Schedule {
	level := arrival.Profile{{From: r.Rate, To: r.Rate, Duration: r.Length}}
	return arrival.New(level, r.Law, arrival.Mix(r.Seed, 0), arrival.Whole())
}

// Arrivals are when they are due, in seconds from the phase's beginning.
func (r Run) Arrivals() (due []float64) {
	s := r.Schedule()
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		due = append(due, a.At.Seconds())
	}
	return due
}

// Responses are the true response times in ms, sorted.
func (r Run) Responses() []float64 {
	var all []float64
	q, s := queue.New(r.Settings), r.Schedule()
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		j := q.Arrive(a.At)
		all = append(all, float64(q.Leaves(j)-a.At)/float64(time.Millisecond))
	}
	return fit.Sorted(all)
}

// Other is the same run with other luck.
func (r Run) Other(n uint64) Run {
	r.Seed, r.Settings.Seed = arrival.Mix(r.Seed, n), arrival.Mix(r.Settings.Seed, n)
	return r
}

// Luck is how a percentile spreads over runs that differ by their seeds alone: the
// middle nine tenths of them.
func (r Run) Luck(runs int, percentiles ...float64) (low, high []float64) {
	found := make([][]float64, len(percentiles))
	for n := range runs {
		responses := r.Other(uint64(n)).Responses()
		for i, p := range percentiles {
			found[i] = append(found[i], fit.Percentile(responses, p))
		}
	}
	for _, f := range found {
		f = fit.Sorted(f)
		low, high = append(low, fit.Percentile(f, 5)), append(high, fit.Percentile(f, 95))
	}
	return low, high
}
