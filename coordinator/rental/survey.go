package rental

import (
	"slices"
	"time"
)

// surveyed is from when on lists count. Where no journal tells what an earlier life has deleted, or asked for, a list has
// to be late enough not to show the one, and to show the other.
func (r *Rental) surveyed() time.Time {
	if settled := r.blind.Add(r.cfg.Limits.Settle); settled.After(r.since) {
		return settled
	}
	return r.since
}

// survey waits for one list of each kind, so that nothing is asked for that an earlier life has made.
func (r *Rental) survey(now time.Time) {
	for _, k := range kinds() {
		if r.lists[k].asked.Before(r.surveyed()) {
			if within := r.cfg.Limits.SurveyWithin; now.Sub(r.surveyed()) > within {
				r.fatal(now, "no list of kind %s came within %s", k, within)
			}
			return
		}
	}
	for _, s := range r.slots {
		if r.assign(s); s.attempt > longestAttempt {
			r.fatal(now, "%s %s %d was replaced %d times: give the fleet back, and name a new run", s.want.Kind, s.want.Role, s.want.Number, longestAttempt)
			return
		}
	}
	r.enter(Building, now)
	for _, t := range slices.Clone(r.things) {
		r.enlist(t, now)
	}
}

// assign gives a slot the last of the things that were made for it. If that is on its way out the next attempt waits for
// it, as for any other that is replaced.
func (r *Rental) assign(s *slot) {
	s.attempt = -1
	for _, t := range r.things {
		if r.holder(t) != s {
			continue
		}
		if t.name.Attempt > s.attempt {
			s.attempt, s.thing = t.name.Attempt, nil
		}
		if t.name.Attempt == s.attempt && (s.thing == nil || s.thing.stage != idle) {
			s.thing = t
		}
	}
	if s.thing == nil || s.thing.stage != idle {
		s.attempt++
	}
}

// enlist sends what an earlier life has made on its way: into its slot, or away.
func (r *Rental) enlist(t *thing, now time.Time) {
	switch {
	case t.stage != idle:
	case r.fills(t) && t.id != 0 && !t.shown && now.Sub(t.made) > r.cfg.Limits.Settle:
		r.condemn(t, "it does not show any more", now)
	case r.fills(t) && t.id != 0:
		r.exists(t, now)
		r.progress(t, now, now)
	case r.fills(t):
		t.become(doubtful, now)
		t.first = now
	case r.holder(t) == nil:
		r.say("%s %s is of this run, and is not wanted now: it stays until all is given back", t.kind, t.label)
	case t.id != 0:
		r.condemn(t, "another one has its place", now)
	default:
		t.become(doubtful, now)
	}
}
