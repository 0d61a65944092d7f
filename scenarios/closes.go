package scenarios

import (
	"math"
	"time"
)

// ClosedFirst is how many connections loadctl closes first within a stretch of time,
// at most, over all agents and as far as the file says: of open phases those of
// iterations, and those ended by their number of requests. How often closed users ask is
// not known, and with reuse: none the target is asked to close.
func (s *Scenario) ClosedFirst(within time.Duration) int {
	plan := s.Plan()
	most := 0.0
	for i := range s.Phases {
		if s.closes(&s.Phases[i]) == 0 {
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
		share := s.closes(p)
		if share == 0 || from >= to {
			continue
		}
		closed := share * (p.Profile.Integral(to-plan[i].Begin) - p.Profile.Integral(from-plan[i].Begin))
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
