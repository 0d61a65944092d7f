package gate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// The sides of a gate, as trial.Ask.Side names them.
const (
	Base      = "base"
	Candidate = "candidate"
)

// The kinds of its trials, as trial.Ask.Kind names them.
const (
	WarmUp = "warm-up" // the first of each side: not counted
	Holds  = "hold"    // just below the capacity of the baseline
	Pairs  = "pair"    // at half of it, side by side
)

// A Config is what a gate is to find out, and how sure it is to be. What is zero has the
// default its comment states.
type Config struct {
	Clauses []trial.Clause // of the SLO, which the hold is judged by

	Capacity    float64 // of the baseline, iterations a second: the lower bound of its interval
	Estimate    float64 // the capacity itself; 0 = Capacity
	Elasticity  float64 // 1 % more load is so many per cent more bad requests; 0 = not known
	Clump       float64 // of bad requests near the capacity; 0 = what the trials say
	Connections int     // held open meanwhile

	Hold    bool // compare what is held just below the capacity
	Compare bool // compare response times at half the capacity, pair by pair
	Short   bool // the hold alone, whatever Compare says

	Margin       float64 // by which the candidate's figures may be worse; 0 = 5 %
	FailedMargin float64 // the same for the share of failed requests, a difference; 0 = 0.1 %
	HoldMargin   float64 // so far below the capacity lies the hold; 0 = 5 %
	Primary      []string
	// Primary are the metrics that count, of MetricNames; none = p50, p99, failed.

	Budget  time.Duration // for all trials, as they took; 0 = 15 min
	Settle  time.Duration // of each trial; 0 = 3 s
	Lengths Lengths
	Seed    uint64 // of the order of sides

	// Stored are the runs of a stored baseline: the candidate alone is tried then. nil = two
	// targets.
	Stored []StoredRun
}

// Lengths are how long trials are recorded.
type Lengths struct {
	WarmUp time.Duration // 0 = 10 s
	Hold   time.Duration // 0 = 20 s
	Pair   time.Duration // 0 = what 2,000 iterations take, from 8 s to 20 s
}

// Validate names everything that is wrong.
func (c *Config) Validate() error {
	var all []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	refuse(!finite(c.Capacity) || c.Capacity <= 0, "capacity: must be > 0, got %v: find that of the baseline first", c.Capacity)
	refuse(!c.Hold && !c.Compare && !c.Short, "nothing to do: neither the hold nor the comparison is wanted")
	refuse((c.Hold || c.Short) && len(c.Clauses) == 0, "clauses: the hold needs an SLO to be judged by")
	for _, s := range []struct {
		name  string
		share float64
	}{{"margin", c.Margin}, {"failed margin", c.FailedMargin}, {"hold margin", c.HoldMargin}} {
		refuse(!finite(s.share) || s.share < 0 || s.share >= 1, "%s: must be a share from 0 to below 1, got %v", s.name, s.share)
	}
	for _, name := range c.Primary {
		refuse(!slices.Contains(MetricNames(), name), "primary: %q is no metric: there are %q", name, MetricNames())
	}
	for _, clause := range c.Clauses {
		refuse(!finite(clause.Allowed) || clause.Allowed < 0 || clause.Allowed >= 1, "clause %q: allowed must be a share, got %v", clause.Expr, clause.Allowed)
	}
	refuse(min(c.Budget, c.Settle, c.Lengths.WarmUp, c.Lengths.Hold, c.Lengths.Pair) < 0, "budget, settle and lengths: must be >= 0")
	refuse(c.Connections < 0, "connections: must be >= 0, got %d", c.Connections)
	for _, v := range []float64{c.Estimate, c.Elasticity, c.Clump} {
		refuse(!finite(v) || v < 0, "estimate, elasticity, clump: must be >= 0, got %v", v)
	}
	return errors.Join(all...)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	orElse(&c.Estimate, c.Capacity)
	orElse(&c.Margin, 0.05)
	orElse(&c.FailedMargin, 0.001)
	orElse(&c.HoldMargin, 0.05)
	orElse(&c.Budget, 15*time.Minute)
	orElse(&c.Settle, 3*time.Second)
	orElse(&c.Lengths.WarmUp, 10*time.Second)
	orElse(&c.Lengths.Hold, 20*time.Second)
	orElse(&c.Lengths.Pair, c.usualPair())
	if len(c.Primary) == 0 {
		c.Primary = []string{"p50", "p99", "failed"}
	}
	c.Primary = slices.Clone(c.Primary)
	slices.Sort(c.Primary)
	c.Primary = slices.Compact(c.Primary)
	if c.Short {
		c.Hold, c.Compare = true, false
	}
	return c
}

// usualPair is as short as a p99 allows: a pair more says more than longer ones, as trials
// differ by more than what is drawn within them.
func (c *Config) usualPair() time.Duration {
	const enough, least, most = 2000, 8, 20 // iterations, seconds
	seconds := most + 0.0
	if c.Capacity > 0 {
		seconds = max(least, min(most, math.Ceil(enough/(comfort*c.Capacity))))
	}
	return time.Duration(seconds) * time.Second
}

func orElse[T float64 | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// comfort is the part of the capacity at which response times are compared: nearer to
// it, the time that requests wait for each other says more of the load than of the service.
const comfort = 0.5

// rate is what trials of a kind ask for.
func (c *Config) rate(kind string) float64 {
	if kind == Holds || kind == WarmUp && c.Hold {
		return (1 - c.HoldMargin) * c.Capacity
	}
	return comfort * c.Capacity
}

// Pair is the trial that a side gets in a pair: what is to be compared with such trials later is made as one.
func (c Config) Pair() trial.Ask {
	set := c.withDefaults()
	return trial.Ask{Kind: Pairs, Load: trial.Load{Rate: set.rate(Pairs), Connections: set.Connections}, Settle: set.Settle, Length: set.length(Pairs)}
}

func (c *Config) length(kind string) time.Duration {
	switch kind {
	case WarmUp:
		return c.Lengths.WarmUp
	case Holds:
		return c.Lengths.Hold
	}
	return c.Lengths.Pair
}
