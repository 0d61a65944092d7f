package rental

import (
	"fmt"
	"time"
)

// runs: an instance runs. What is wanted of it may be no more.
func (r *Rental) runs(t *thing, now time.Time) {
	t.become(running, now)
	if r.holder(t).want.Reach == ToRun {
		t.become(up, now)
		return
	}
	r.do(Connect{t.label, t.seen})
}

func (e Sshable) apply(r *Rental, now time.Time) {
	r.reach(e.Label, running, sshable, ToLogin, Install(e), now)
}

func (e Installed) apply(r *Rental, now time.Time) {
	r.reach(e.Label, sshable, installed, ToInstall, Register{Label: e.Label}, now)
}

func (e Registered) apply(r *Rental, now time.Time) {
	r.reach(e.Label, installed, up, ToRegister, nil, now)
}

// reach moves an instance from one stage to the next, and on to what comes then unless it is there.
func (r *Rental) reach(label string, from, to stage, enough Reach, then Action, now time.Time) {
	s := r.current(label)
	if s == nil || s.thing.stage != from {
		return
	}
	s.thing.become(to, now)
	if s.want.Reach == enough {
		s.thing.become(up, now)
		return
	}
	r.do(then)
}

func (e Unable) apply(r *Rental, now time.Time) {
	if s := r.current(e.Label); s != nil && r.state == Building && s.thing.stage >= booting && s.thing.stage < up {
		r.stuck(s, e.Why, now)
	}
}

func (e Mismatch) apply(r *Rental, now time.Time) {
	if s := r.current(e.Label); s != nil && r.state == Building {
		r.fatal(now, "instance %s has another host key than it was given: %s", e.Label, e.Why)
	}
}

// Lost before all were ready is one more that has to be replaced. Later it is the run's policy that counts: it is deleted,
// and its slot stays empty.
func (e Lost) apply(r *Rental, now time.Time) {
	s := r.current(e.Label)
	switch {
	case s == nil || s.thing.stage < booting || s.thing.stage > up:
	case r.state == Building:
		r.replace(s, e.Why, now)
	default:
		r.say("instance %s is lost: %s: it is deleted, and not replaced", e.Label, e.Why)
		r.condemn(s.thing, e.Why, now)
		s.out = true
	}
}

// due does what time alone makes of a slot.
func (r *Rental) due(s *slot, now time.Time) {
	t, l := s.thing, r.cfg.Limits
	if t == nil {
		return
	}
	waited := now.Sub(t.since)
	switch t.stage {
	case asking, doubtful:
		r.dueCreation(t, now)
	case booting:
		r.overdue(s, r.neverRuns(t, now), "does not run %s after it was made", l.BootWithin, now)
	case running:
		r.overdue(s, waited > l.LoginWithin, "cannot be logged in to %s after it was started", l.LoginWithin, now)
	case sshable:
		r.overdue(s, waited > l.InstallWithin, "has not what it is to run %s after it could be logged in to", l.InstallWithin, now)
	case installed:
		r.overdue(s, waited > l.RegisterWithin, "has not registered its agent %s after it was started", l.RegisterWithin, now)
	case condemned:
		if waited > l.ReplaceWithin {
			r.surrender(s, fmt.Sprintf("it could not be deleted within %s", l.ReplaceWithin), now)
		}
	case deleted, gone:
		s.thing = nil
	case foreign, left:
		r.surrender(s, "it could not be deleted: "+t.why, now)
	}
}

func (r *Rental) dueCreation(t *thing, now time.Time) {
	within := r.cfg.Limits.CreateWithin
	if l, used := r.inUse(t); used {
		r.fatal(now, "the label %s is in use, by %s %d: %s", t.label, t.kind, l.Seen.ID, l.Why)
	} else if !t.first.IsZero() && now.Sub(t.first) > within {
		r.fatal(now, "%s %s was not made within %s", t.kind, t.label, within)
	}
}

// neverRuns needs a list from after the deadline, as without lists nobody knows; but not for ever.
func (r *Rental) neverRuns(t *thing, now time.Time) bool {
	within := r.cfg.Limits.BootWithin
	return r.lists[t.kind].asked.Sub(t.since) > within || now.Sub(t.since) > 2*within
}

func (r *Rental) overdue(s *slot, over bool, format string, within time.Duration, now time.Time) {
	if over {
		r.stuck(s, fmt.Sprintf(format, within), now)
	}
}

// stuck tries once more what is worth it, else replaces.
func (r *Rental) stuck(s *slot, why string, now time.Time) {
	t := s.thing
	switch {
	case t.again || t.stage != running && t.stage != installed:
		r.replace(s, why, now)
		return
	case t.stage == running:
		r.say("instance %s: %s: it is rebooted", t.label, why)
		r.do(Reboot{t.id, t.label})
		r.do(Connect{t.label, t.seen})
	default:
		r.say("instance %s: %s: its agent is started anew", t.label, why)
		r.do(Register{Label: t.label, Again: true})
	}
	t.again, t.since = true, now
}

// replace has an instance deleted, and another one asked for once it is.
func (r *Rental) replace(s *slot, why string, now time.Time) {
	r.condemn(s.thing, why, now)
	if s.attempt >= min(r.cfg.Limits.PerSlot, longestAttempt) {
		r.surrender(s, fmt.Sprintf("%s, and %d were replaced before it", why, s.attempt), now)
		return
	}
	if most := r.cfg.replacements(); r.replaced >= most {
		r.surrender(s, fmt.Sprintf("%s, and as many of the fleet were replaced as may be, %d", why, most), now)
		return
	}
	s.attempt++
	r.replaced++
	r.say("instance %s: %s: it is deleted and replaced", s.thing.label, why)
}

// surrender goes without a slot, if the fleet can.
func (r *Rental) surrender(s *slot, why string, now time.Time) {
	s.out = true
	least := r.cfg.MinAgents
	if least == 0 {
		least = r.cfg.agents()
	}
	if able := r.able(); !s.want.agent() || able < least {
		r.fatal(now, "%s %s: %s", s.want.Kind, s.thing.label, why)
		return
	}
	r.say("instance %s is done without: %s", s.thing.label, why)
}

// able counts the agents that are or may yet be ready.
func (r *Rental) able() (n int) {
	for _, s := range r.slots {
		if s.want.agent() && !s.out {
			n++
		}
	}
	return n
}
