package rental

import (
	"slices"
	"time"
)

// remove asks for the deletion of what is condemned, each when it is its turn.
func (r *Rental) remove(now time.Time) {
	for _, t := range r.things {
		if t.stage != condemned || t.ticket != 0 || now.Before(t.notBefore) || r.state == Surveying {
			continue
		}
		if r.underWay(askLook, askDelete) >= r.cfg.Limits.Removing {
			return
		}
		if r.mayRemove(t) {
			r.removeOne(t, now)
		}
	}
}

// removeOne deletes what was seen to bear both marks. What no list shows is looked at first.
func (r *Rental) removeOne(t *thing, now time.Time) {
	switch {
	case r.holds(t):
		t.become(left, now)
		t.why = "it is kept for an instance that is left"
	case r.state == GivingBack && !t.removing.IsZero() && t.kind == Network && now.Sub(t.removing) > r.cfg.Limits.NetworkWithin:
		t.become(left, now)
	case t.proven:
		if r.state == GivingBack && t.removing.IsZero() {
			t.removing = now
		}
		r.do(Delete{N: r.request(askDelete, t.kind, t, now), Kind: t.kind, ID: t.id, Label: t.label})
	case r.state != GivingBack || r.witnessed(t.kind):
		r.do(Look{N: r.request(askLook, t.kind, t, now), Kind: t.kind, ID: t.id, Label: t.label})
	}
}

// holds: instances are left that are behind this, or in it.
func (r *Rental) holds(t *thing) bool {
	return r.state == GivingBack && rank(t.kind) < rank(Instance) &&
		slices.ContainsFunc(r.things, func(t *thing) bool { return t.kind == Instance && t.stage == left })
}

func (e Found) apply(r *Rental, now time.Time) {
	q := r.answered(e.N, askLook)
	if q == nil || q.over {
		return
	}
	s := e.Seen
	if s.Kind, s.ID = q.kind, q.thing.id; s.Label == "" {
		s.Label = q.thing.label
	}
	r.sight(s, q.at, now)
}

func (e Removed) apply(r *Rental, now time.Time) {
	q := r.answered(e.N, askDelete)
	if q == nil || q.thing.stage == gone {
		return
	}
	q.thing.become(deleted, now)
	r.lists[q.kind].changed = now
	r.note(now, NoteDeleted, q.thing)
}

// notRemoved says what a failed deletion, or look, means for what is done next.
func (r *Rental) notRemoved(q *request, f Failure, now time.Time) {
	t := q.thing
	if t.stage != condemned {
		return
	}
	t.why = f.Text
	switch {
	case f.Class == Missing && r.credible(t, q.at):
		r.lists[q.kind].changed = now
		r.end(t, now)
	case f.Class == Wait:
		t.notBefore = now.Add(f.wait())
	default:
		t.rest(now)
	}
	if f.hopeless() {
		if t.strikes++; t.strikes >= hopes {
			t.become(left, now)
			r.say("%s %s cannot be deleted: %s", t.kind, t.label, f.Text)
		}
	}
}

// credible: that there is no such resource is not believed right after it was made, as long as nothing has shown it.
func (r *Rental) credible(t *thing, asked time.Time) bool {
	return t.shown || !asked.Before(t.made.Add(r.cfg.Limits.Settle))
}
