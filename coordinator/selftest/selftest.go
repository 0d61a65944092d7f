// Package selftest measures the gate itself: how often it calls two equal services different, and how
// often it finds a service that is slower by a known factor. In virtual time it does so by the
// hundred; gates that were made live are counted the same way. It refuses to judge the
// gate: it counts, and says how sure the counts are.
package selftest

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

// A Service is a queue of which everything is known: exponential service times and Poisson arrivals.
type Service struct {
	Servers int
	Mean    time.Duration // of the service times
	Limit   time.Duration // that one request of a hundred may exceed
}

// Capacity is the rate at which the limit just holds, and by how many per cent the share of slow requests grows
// with 1 % more load there: the formula of M/M/c.
func (s Service) Capacity() (rate, elasticity float64) {
	return queue.Capacity(s.Servers, 1/s.Mean.Seconds(), 0.99, s.Limit.Seconds())
}

// Config is a gate on two such services.
func (s Service) Config(seed uint64, short bool) gate.Config {
	rate, elasticity := s.Capacity()
	return gate.Config{Clauses: []trial.Clause{{Expr: "response_time: p(99)<" + s.Limit.String(), Allowed: 0.01}},
		Capacity: rate, Elasticity: elasticity, Hold: true, Compare: !short, Short: short, Seed: seed}
}

// overhead is what a live trial takes beside its load.
const overhead = 1500 * time.Millisecond

// Virtual makes n gates of which the candidate's service takes longer by a share; noise is the standard deviation of
// the logarithm of the speed from trial to trial. The same seed gives the same gates.
func (s Service) Virtual(n int, slower, noise float64, short bool, seed uint64) Tally {
	t := Tally{Slower: slower}
	for i := range n {
		t.Add(s.One(slower, noise, short, seed+uint64(i)))
	}
	return t
}

// One is one of them, by its own seed.
func (s Service) One(slower, noise float64, short bool, seed uint64) gate.Result {
	q := &virtual.Queue{
		Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: s.Mean}, Servers: s.Servers},
		Limits:   []virtual.Limit{{Above: s.Limit, Allowed: 0.01}}, Seed: seed, Noise: noise, Overhead: overhead,
		Slow: func(a trial.Ask) float64 {
			if a.Side == gate.Candidate {
				return 1 + slower
			}
			return 1
		},
	}
	g := gate.New(s.Config(seed, short))
	for {
		a, more := g.Next()
		if !more {
			return g.Result()
		}
		g.Tell(q.Try(a))
	}
}

// A Tally counts gates of one kind.
type Tally struct {
	Slower       float64 `json:"slower"` // service time of the candidate over that of the baseline − 1
	Gates        int     `json:"gates"`  // that said something
	Passed       int     `json:"passed"`
	Regressed    int     `json:"regressed"`
	Inconclusive int     `json:"inconclusive"`
	Invalid      int     `json:"invalid"` // beside Gates: the machine, not the gate, was disturbed
	took         []time.Duration
}

// Add counts a gate.
func (t *Tally) Add(r gate.Result) {
	switch r.Verdict {
	case gate.Pass:
		t.Passed++
	case gate.Regression:
		t.Regressed++
	case gate.Inconclusive:
		t.Inconclusive++
	default:
		t.Invalid++
		return
	}
	t.Gates++
	t.took = append(t.took, r.Took)
}

// Median is how long the trials of a gate took.
func (t *Tally) Median() time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	slices.Sort(t.took)
	return t.took[len(t.took)/2]
}

// String is a line for people.
func (t *Tally) String() string {
	what := "found"
	if t.Slower == 0 {
		what = "false alarms"
	}
	low, high := stats.Wilson(float64(t.Regressed), float64(t.Gates))
	line := fmt.Sprintf("%+.3g %%: %d of %d %s (95 %% interval %.1f to %.1f %%), %d passed, %d inconclusive, %.1f min in the median",
		100*t.Slower, t.Regressed, t.Gates, what, 100*low, 100*high, t.Passed, t.Inconclusive, t.Median().Minutes())
	if t.Invalid > 0 {
		line += fmt.Sprintf("; %d more were invalid", t.Invalid)
	}
	return line
}
