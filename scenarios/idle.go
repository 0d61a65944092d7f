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

// AskAtMost is how many iterations a second the recorded closed phases begin at most, all at once and however
// fast they are answered: of each its users over the mean time that one waits and thinks in an iteration, or is
// paced to. It is 0 where answers alone bound any of them.
func (s *Scenario) AskAtMost() (rate float64) {
	for i := range s.Phases {
		p := &s.Phases[i]
		if !p.Record || p.Executor.Open() || p.Executor == HeldConnections {
			continue
		}
		pause := s.Users[p.User].pause()
		if pause <= 0 {
			return 0
		}
		rate += p.Profile.Peak() / pause.Seconds()
	}
	return rate
}

// pause is the mean time from the begin of an iteration to that of the next one, if answers took none.
func (u *User) pause() time.Duration {
	idle, _ := u.idle()
	if u.Wait.Kind == Pacing {
		return max(u.Wait.Min, idle)
	}
	return idle
}
