package scenarios

import (
	"math"
	"time"
)

// ClosedFirst is how many connections loadctl closes first within a stretch of time,
// at most, over all agents and as far as the file says: of open phases those of
// iterations, and those ended by their number of requests; of open and closed ones those
// ended by their age. How often closed users ask is not known, and with reuse: none the
// target is asked to close.
func (s *Scenario) ClosedFirst(within time.Duration) int {
	plan := s.Plan()
	most := 0.0
	for i := range s.Phases {
		if p := &s.Phases[i]; s.closes(p) == 0 && p.aged() == 0 {
			continue
		}
		at := plan[i].Begin
		for _, stage := range s.Phases[i].Profile {
			at += stage.Duration
			most = max(most, s.closedBetween(plan, at-within, at))
		}
	}
	return int(math.Ceil(most))
}

func (s *Scenario) closedBetween(plan []Planned, from, to time.Duration) (sum float64) {
	for i := range s.Phases {
		p := &s.Phases[i]
		from, to := max(from, plan[i].Begin), min(to, plan[i].End)
		if from >= to {
			continue
		}
		closed := p.aged() * (to - from).Seconds()
		if p.Executor.Open() {
			iterations := p.Profile.Integral(to-plan[i].Begin) - p.Profile.Integral(from-plan[i].Begin)
			closed = min(closed+s.closes(p)*iterations, float64(s.longest(p.User))*iterations)
		}
		if p.Pool.ConnectRate > 0 {
			closed = min(closed, p.Pool.ConnectRate*(to-from).Seconds())
		}
		sum += closed
	}
	return sum
}

// closes is how many connections loadctl closes first for each iteration of a phase.
func (s *Scenario) closes(p *Phase) float64 {
	o := &p.Pool
	switch {
	case !p.Executor.Open() || p.Over >= 0 || o.Reset || o.Reuse == ReuseNone:
		return 0
	case o.Reuse == ReuseUser:
		return 1
	case o.MaxRequests == 0:
		return 0
	}
	return float64(s.longest(p.User)) / (float64(o.MaxRequests) * (1 - Spread))
}

// aged is how many connections of a phase reach max_age a second, at most: as many as may
// be open, one after another in the shortest life that one can have. What opens together
// ages together within Spread only; over time it is taken to be even.
func (p *Phase) aged() float64 {
	o := &p.Pool
	if p.Executor == HeldConnections || p.Over >= 0 || o.Reset || o.Reuse == ReuseNone {
		return 0
	}
	return p.replaced()
}

// replaced is how many connections of a phase are opened a second for those that reached
// max_age, however they are closed; none in a phase that ends before.
func (p *Phase) replaced() float64 {
	life := (1 - Spread) * p.Pool.MaxAge.Seconds()
	if life <= 0 || life > p.Duration().Seconds() {
		return 0
	}
	return float64(p.connections()) / life
}

// longest is the most requests of an iteration of a user.
func (s *Scenario) longest(user int) (most int) {
	if user < 0 || user >= len(s.Users) {
		return 0
	}
	for i := range s.Users[user].Tasks {
		most = max(most, len(s.Users[user].Tasks[i].Steps))
	}
	return most
}
