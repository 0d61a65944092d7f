package frontier

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// A Result is what is known of a frontier, at any time of the search.
type Result struct {
	Outcome capacity.Outcome `json:"outcome"` // Found: each level has its rate, or a reason why there is none
	Why     string           `json:"why,omitempty"`
	Levels  []Level          `json:"levels"` // from few connections to many
	Took    time.Duration    `json:"took_ns"`
	Budget  time.Duration    `json:"budget_ns"`
	Trials  int              `json:"trials"`
}

// A Level is one number of connections and the rate that holds with them.
type Level struct {
	Connections int `json:"connections"`
	// Skipped says why there is no rate: connections that fail, or nothing was tried.
	Skipped string `json:"skipped,omitempty"`
	// Rate is what its search knows, with trials by their numbers in the whole search; nil = it was
	// told of no trial.
	Rate *capacity.Result `json:"rate,omitempty"`
	// Lost are trials that its search was not told of, as connections failed.
	Lost []capacity.Tried `json:"lost,omitempty"`
}

// Holds is a rate that is likely to hold at a level: the lower end of its interval, or what a confirming
// trial held if that is more; 0 = none is known.
func (l *Level) Holds() float64 {
	if l.Rate == nil || l.Skipped != "" {
		return 0
	}
	return known(l.Rate)
}

// Result is what is known so far.
func (s *Search) Result() Result {
	r := Result{Took: s.took, Budget: s.config.Budget, Trials: s.number}
	if s.asked != nil {
		r.Trials-- // it is not over
	}
	for i := range s.levels {
		l := s.levels[i]
		if i == s.at {
			l.result = s.soFar()
		}
		r.Levels = append(r.Levels, l.told())
	}
	r.Outcome, r.Why = s.outcome(r.Levels)
	return r
}

// told is a level with the numbers of its trials in this search.
func (l *level) told() Level {
	out := Level{Connections: l.connections, Skipped: l.skipped, Lost: slices.Clone(l.lost)}
	if l.result == nil {
		return out
	}
	r := *l.result
	r.Trials = slices.Clone(r.Trials)
	for i := range r.Trials {
		r.Trials[i].Number = l.outer(r.Trials[i].Number)
		r.Trials[i].Connections = l.connections
	}
	r.VerifiedBy = l.outer(r.VerifiedBy)
	out.Rate = &r
	return out
}

func (l *level) outer(inner int) int {
	if n, ok := l.numbers[inner]; ok {
		return n
	}
	return inner
}

// outcome is that of all levels together.
func (s *Search) outcome(all []Level) (capacity.Outcome, string) {
	if s.end != "" {
		return s.end, s.why
	}
	if s.at < len(s.levels) {
		return capacity.Unfinished, fmt.Sprintf("%d of %d levels are done", s.at, len(s.levels))
	}
	count := map[capacity.Outcome]int{}
	held := 0
	for i := range all {
		if all[i].Rate != nil && all[i].Skipped == "" {
			count[all[i].Rate.Outcome]++
		}
		if all[i].Holds() > 0 {
			held++
		}
	}
	switch {
	case s.short > 0:
		return capacity.Unfinished, fmt.Sprintf("the budget of %s ended before %d of %d levels", s.config.Budget, s.short, len(all))
	case count[capacity.Unfinished] > 0:
		return capacity.Unfinished, fmt.Sprintf("%d of %d levels are not known as exactly as asked", count[capacity.Unfinished], len(all))
	case held == 0:
		return capacity.Nothing, "no rate holds with any of these numbers of connections"
	case count[capacity.Unstable] > 0:
		return capacity.Unstable, fmt.Sprintf("the target changed at %d of %d levels", count[capacity.Unstable], len(all))
	case count[capacity.AtLeast] == held:
		return capacity.AtLeast, "the generator, or the largest load that is allowed, was the limit at each level"
	}
	return capacity.Found, ""
}
