package frontier

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// An Inner is the search for the rate at one number of connections.
type Inner interface {
	trial.Search
	// Result is what it knows, at any time.
	Result() capacity.Result
}

// A Want is what an inner search is for.
type Want struct {
	Connections int            // held beside
	Start       float64        // rate to begin with, which held with fewer connections; 0 = none is known
	Guess       capacity.Guess // where the rate is likely to be, by the neighbour's interval; none where it says too little
	Budget      time.Duration  // for its trials, by Told.Took
	// Neighbour is what is known of fewer connections; nil = nothing.
	Neighbour *capacity.Result
}

// A Config is what a frontier is to be found for.
type Config struct {
	Levels  []int          // numbers of connections, each at least 1; Grid makes some
	Clauses []trial.Clause // of the SLO, in the order of Told.Counts
	Budget  time.Duration  // for all levels; default 5 min for each
	Inner   func(Want) Inner
}

// What a level may cost. In 12 frontiers of 6 levels over M/M/8 with p99 < 100 ms and capacities from 586 to
// 749/s, all 72 rates were within 5 % in five minutes each and within 10 % in four; in three 59 were within
// 20 %, and the intervals of the others said no more than an order of magnitude.
const (
	defaultBudget = 5 * time.Minute
	leastBudget   = 2 * time.Minute
	mostLevels    = 100
)

// Validate reports everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Levels) == 0 || len(c.Levels) > mostLevels {
		errs = append(errs, fmt.Errorf("levels: must be between 1 and %d numbers of connections, got %d", mostLevels, len(c.Levels)))
	}
	for i, n := range c.Levels {
		if n < 1 {
			errs = append(errs, fmt.Errorf("levels[%d]: must be at least 1 connection, got %d", i, n))
		}
	}
	if least := time.Duration(len(c.Levels)) * leastBudget; c.Budget != 0 && c.Budget < least {
		errs = append(errs, fmt.Errorf("budget: must be at least %s for each of %d levels, %s in all, got %s: give more time or fewer levels", leastBudget, len(c.Levels), least, c.Budget))
	}
	if c.Inner == nil {
		errs = append(errs, errors.New("inner: there is no search for the rate"))
	}
	return errors.Join(errs...)
}

func (c Config) defaults() Config {
	c.Levels = slices.Compact(slices.Sorted(slices.Values(c.Levels)))
	if c.Budget == 0 {
		c.Budget = time.Duration(len(c.Levels)) * defaultBudget
	}
	return c
}

// Grid is so many numbers of connections from least to most, both among them, each larger
// than the one before by about the same factor. Small ones that would be the same are one.
func Grid(least, most, steps int) (levels []int) {
	least = max(least, 1)
	if most <= least || steps <= 1 {
		return []int{max(least, most)}
	}
	factor := math.Log(float64(most)/float64(least)) / float64(steps-1)
	for i := range steps {
		levels = append(levels, min(max(least, rounded(float64(least)*math.Exp(factor*float64(i)))), most))
	}
	levels[0], levels[steps-1] = least, most
	return slices.Compact(levels)
}

// rounded is to two digits: nobody asks for 1,778 connections.
func rounded(v float64) int {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(v))-1))
	return int(math.Round(v/unit) * unit)
}
