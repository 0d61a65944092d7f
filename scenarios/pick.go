package scenarios

import (
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// Pick draws a task by weight and gives its index.
func (u *User) Pick(r *arrival.Rand) int {
	at := r.IntN(u.TotalWeight)
	for i := range u.Tasks {
		if at -= u.Tasks[i].Weight; at < 0 {
			return i
		}
	}
	return len(u.Tasks) - 1
}

// Draw gives one pause. For Pacing it is the least distance from one iteration's
// start to the next's.
func (w Wait) Draw(r *arrival.Rand) time.Duration {
	switch w.Kind {
	case Constant, Pacing:
		return w.Min
	case Between:
		return w.Min + time.Duration(r.Uint64N(uint64(w.Max-w.Min)+1))
	case Exponential:
		return time.Duration(r.Exp() * float64(w.Min))
	}
	return 0
}

// Expects says whether a status counts as success before any check.
func (s *Step) Expects(status int) bool { return inRanges(s.Expect, status) }

func inRanges(ranges []StatusRange, status int) bool {
	for _, r := range ranges {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}
