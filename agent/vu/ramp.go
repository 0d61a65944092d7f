package vu

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A Change is a user that becomes active or ceases to be.
type Change struct {
	At     time.Duration // from the start of the phase
	User   uint64
	Active bool
}

// A Ramp turns a profile of users over time into the changes of single users.
// User i is active while profile(t) > i, so with a level n users 0 … ⌈n⌉−1 are.
// Within a stage that moves from a to b in d the level is i at
//
//	d · (i − a) / (b − a)
//
// Where a stage begins at another level than the one before it ended, all users
// between change at once.
type Ramp struct {
	profile arrival.Profile
	stage   int
	begin   time.Duration // of the stage
	active  uint64        // users 0 … active−1 are
	inStage bool          // the jump at the begin of the stage is done
}

// NewRamp gives the changes of a profile.
func NewRamp(p arrival.Profile) *Ramp { return &Ramp{profile: p} }

// Next gives the next change; false when there are no more. Users still active
// at the end of the profile end with the phase, without a change.
func (r *Ramp) Next() (Change, bool) {
	for ; r.stage < len(r.profile); r.leave() {
		s := &r.profile[r.stage]
		if !r.inStage {
			if c, ok := r.toward(level(s.From), r.begin); ok {
				return c, true
			}
			r.inStage = true
		}
		if s.To == s.From {
			continue
		}
		if c, ok := r.toward(level(s.To), 0); ok {
			c.At = r.begin + reach(s, c.User)
			return c, true
		}
	}
	return Change{}, false
}

func (r *Ramp) leave() {
	r.begin += r.profile[r.stage].Duration
	r.stage++
	r.inStage = false
}

// toward changes one user in the direction of a count.
func (r *Ramp) toward(count uint64, at time.Duration) (Change, bool) {
	switch {
	case r.active < count:
		r.active++
		return Change{At: at, User: r.active - 1, Active: true}, true
	case r.active > count:
		r.active--
		return Change{At: at, User: r.active}, true
	}
	return Change{}, false
}

// level is how many users are active at a value of the profile.
func level(v float64) uint64 { return uint64(math.Ceil(max(v, 0))) }

// reach is when, within a stage, the level is that of a user.
func reach(s *arrival.Stage, user uint64) time.Duration {
	part := (float64(user) - s.From) / (s.To - s.From)
	return time.Duration(float64(s.Duration) * min(max(part, 0), 1))
}
