package capacity

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// The axes.
const (
	Rate        = "rate"        // iterations a second, of an open load
	Connections = "connections" // held open
)

// A Config is what a search looks for, and what it may cost. Zero means the default.
type Config struct {
	Axis    string         // Rate or Connections; default Rate
	Clauses []trial.Clause // the SLO; none = only limits that trials tell of by name (Told.Broke)

	// Where they contradict each other, Most counts before Least, and Least before Start.

	Guess Guess   // where the capacity is thought to lie, such as at a neighbour's; none = nowhere
	Start float64 // first load, of no guess; default an eighth of Most, or 25 a second (100 connections)
	Least float64 // a capacity below it is not worth the name; default a hundredth of Start, of Whole at least 1
	Most  float64 // never ask for more: what the generator can, or somebody allows; 0 = not known
	Whole bool    // loads are whole numbers; always of connections

	Rate        float64 // held beside, on the axis of connections
	Connections int     // held beside, on the axis of the rate

	Precision  float64       // half the width of the interval that is good enough, as a share; default 0.03
	Confidence float64       // of the interval; default 0.95
	Widen      float64       // factor on the interval about its median, see docs/decisions; default 1.3
	Budget     time.Duration // for all trials by Told.Took; default 10 min

	Settle  time.Duration // of each trial; default 3 s. Ten times the limit on response time is wise
	Ramp    time.Duration // length of trials that look for the order of magnitude; default 5 s
	Bracket time.Duration // of those that halve the gap; default 8 s
	Refine  time.Duration // of those near the limit; default 30 s
	Confirm time.Duration // of the one that holds the lower end; default 60 s
}

// beside is what is asked for meanwhile.
func (c *Config) beside() trial.Load {
	if c.Axis == Connections {
		return trial.Load{Rate: c.Rate}
	}
	return trial.Load{Connections: c.Connections}
}

// A Guess is two loads between which a capacity is thought to lie. The search begins at the lower one,
// goes by the factor between them, and by larger ones where it was wrong. None is one without a
// lower end above 0 and an upper one above that.
type Guess struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (g Guess) some() bool { return g.Low > 0 && g.High > g.Low }

// Defaults of the search itself.
const (
	defaultRate        = 25
	defaultConnections = 100
	startBelowMost     = 8
	leastBelowStart    = 100
)

// defaults fills in what was left out.
func (c Config) defaults() Config {
	c.Axis = or(c.Axis, Rate)
	c.Whole = c.Whole || c.Axis == Connections
	if c.Guess.some() {
		c.Start = c.Guess.Low
	}
	c.Start = or(c.Start, c.start())
	c.Least = or(c.Least, c.Start/leastBelowStart)
	if c.Whole {
		c.Start, c.Least = math.Ceil(c.Start), math.Ceil(c.Least)
	}
	if c.Whole && c.Most > 0 {
		c.Most = max(math.Floor(c.Most), 1)
	}
	c.Start = max(c.Start, c.Least)
	if c.Most > 0 {
		c.Start, c.Least = min(c.Start, c.Most), min(c.Least, c.Most)
	}
	c.Precision, c.Confidence, c.Widen = or(c.Precision, 0.03), or(c.Confidence, 0.95), or(c.Widen, 1.3)
	c.Budget, c.Settle = or(c.Budget, 10*time.Minute), or(c.Settle, 3*time.Second)
	c.Ramp, c.Bracket = or(c.Ramp, 5*time.Second), or(c.Bracket, 8*time.Second)
	c.Refine, c.Confirm = or(c.Refine, 30*time.Second), or(c.Confirm, time.Minute)
	return c
}

func (c *Config) start() float64 {
	switch {
	case c.Most > 0:
		return c.Most / startBelowMost
	case c.Axis == Connections:
		return defaultConnections
	}
	return defaultRate
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
