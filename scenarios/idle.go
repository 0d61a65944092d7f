package scenarios

import "time"

// Idle is the mean time that a user of the recorded closed phases waits and thinks in
// one iteration. It is nil where nothing fixes it: no such phase, users of different
// kinds, or one that is paced, which waits the less the longer it was served.
func (s *Scenario) Idle() *time.Duration {
	var idle *time.Duration
	for i := range s.Phases {
		p := &s.Phases[i]
		if !p.Record || p.Executor.Open() || p.Executor == HeldConnections {
			continue
		}
		of, fixed := s.Users[p.User].idle()
		if !fixed || idle != nil && *idle != of {
			return nil
		}
		idle = &of
	}
	return idle
}

func (u *User) idle() (sum time.Duration, fixed bool) {
	wait, fixed := u.Wait.mean()
	think := 0.0
	for _, t := range u.Tasks {
		for i := range t.Steps {
			d, ok := t.Steps[i].Think.mean()
			fixed = fixed && ok
			think += float64(t.Weight) * float64(d)
		}
	}
	return wait + time.Duration(think/float64(max(u.TotalWeight, 1))), fixed
}

// mean is how long a wait is on average; not fixed when that depends on what was served.
func (w Wait) mean() (d time.Duration, fixed bool) {
	switch w.Kind {
	case Constant, Exponential:
		return w.Min, true
	case Between:
		return (w.Min + w.Max) / 2, true
	case Pacing:
		return 0, false
	}
	return 0, true
}
