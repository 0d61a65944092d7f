package rental

import (
	"fmt"
	"time"
)

// giveBackFrom turns to deleting everything. What bore its marks before has to show them once more: that may be hours
// ago.
func (r *Rental) giveBackFrom(now time.Time) {
	r.enter(GivingBack, now)
	for _, l := range r.lists {
		l.refused, l.strikes, l.failures, l.notBefore = "", 0, 0, time.Time{}
	}
	for _, t := range r.things {
		t.proven = false
		if t.id == 0 {
			r.drop(t, now)
		} else if t.stage.open() && t.stage != deleted || t.stage == left || t.stage == foreign {
			r.condemn(t, t.why, now)
		}
	}
}

// drop is what becomes of a thing without an id: it never was, if no request for it is open or was lost. Else lists tell.
func (r *Rental) drop(t *thing, now time.Time) {
	switch {
	case t.ticket != 0 || !t.stage.open():
	case t.doubt.IsZero():
		r.end(t, now)
	default:
		t.become(doubtful, now)
	}
}

// giveBack is over when of every kind nothing is open any more and a list that is late enough shows no more, or when
// its time is.
func (r *Rental) giveBack(now time.Time) {
	if within := r.cfg.Limits.BackWithin; now.Sub(r.since) > within {
		r.finish(fmt.Sprintf("it was not given back within %s", within), now)
		return
	}
	for _, k := range kinds() {
		if l := r.lists[k]; r.openOf(k) || l.refused == "" && !l.confirms(r.since) {
			return
		}
	}
	r.finish("", now)
}

// confirms: the last list is from after all that it could be too early for.
func (l *listing) confirms(since time.Time) bool {
	return !l.asked.Before(since) && !l.asked.Before(l.changed) && !l.asked.Before(l.settled)
}

// heard: it is known what there is of a kind, as well as it will be.
func (r *Rental) heard(k Kind) bool {
	l := r.lists[k]
	return l.refused != "" || !l.asked.Before(r.since)
}

// mayRemove keeps the order in which things are given back: balancers, instances, and when these are gone what they
// were behind and in. An instance without its firewall could reach anybody.
func (r *Rental) mayRemove(t *thing) bool {
	if r.state != GivingBack || t.kind == Balancer {
		return true
	}
	if t.kind == Instance { // what hangs on networks tells whose they are: it is looked at before it is gone
		return r.tried(Balancer) && r.witnessed(Network) && r.witnessed(Placement)
	}
	for _, k := range kinds()[rank(t.kind)+1:] {
		if costly := k == Instance || k == Balancer; costly && (!r.heard(k) || r.openOf(k)) || !r.tried(k) {
			return false
		}
	}
	return true
}

// tried: of what is to be deleted of a kind, all was asked for.
func (r *Rental) tried(k Kind) bool {
	for _, t := range r.things {
		if t.kind == k && t.stage == condemned && t.failures == 0 {
			return false
		}
	}
	return true
}

// witnessed: heard, or lists of the kind keep failing, so that each is looked at by its id instead.
func (r *Rental) witnessed(k Kind) bool { return r.heard(k) || r.lists[k].failures >= hopes }

// finish ends it all. What is not known to be gone is left.
func (r *Rental) finish(why string, now time.Time) {
	for _, t := range r.things {
		if t.stage.open() {
			r.outcome.Left = append(r.outcome.Left, t.leftFor(why))
		} else if t.stage == left {
			r.outcome.Left = append(r.outcome.Left, t.leftFor(t.why))
		} else if t.stage == foreign {
			r.outcome.Alone = append(r.outcome.Alone, Left{t.seen, t.why})
		}
	}
	r.outcome.Alone = append(r.outcome.Alone, r.strangers()...)
	for _, k := range kinds() {
		if l := r.lists[k]; l.refused != "" || !l.confirms(r.since) {
			r.outcome.Unchecked = append(r.outcome.Unchecked, k)
		}
	}
	if r.outcome.Clean() {
		r.do(Note{Line{At: now, What: NoteEnd, Run: r.cfg.Run}})
	}
	r.enter(Over, now)
}

func (t *thing) leftFor(why string) Left {
	s := t.seen
	s.Kind, s.ID, s.Label = t.kind, t.id, t.label
	if t.id == 0 {
		why = "it may exist: the answer to its creation was lost; " + why
	} else if t.why != "" && t.why != why {
		why += ": " + t.why
	}
	return Left{s, why}
}

// strangers are those that the last list of their kind showed.
func (r *Rental) strangers() (all []Left) {
	for _, s := range r.strange {
		if !s.asked.Before(r.lists[s.Seen.Kind].asked) {
			all = append(all, s.Left)
		}
	}
	return all
}
