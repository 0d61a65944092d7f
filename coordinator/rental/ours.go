package rental

import (
	"slices"
	"time"
)

// skew is by how much the clocks of the cloud and of the coordinator may differ.
const skew = 5 * time.Minute

// tagless: resources of this kind have no tags of their own.
func tagless(k Kind) bool { return k == Network || k == Placement }

// ours is the rule of the two marks: a resource is the run's only when it bears the label prefix and the tag of the run.
// Of a kind without tags the second mark is that the journal knows it, or that all that hung on it was the run's. The
// reason is for people.
func (r *Rental) ours(s Seen) (ok bool, why string) {
	marks, _ := ParseTags(s.Tags)
	prefix, tag := r.hasPrefix(s.Label), marks.Run == r.cfg.Run
	switch {
	case prefix && tag:
		return true, ""
	case !prefix && !tag:
		return false, "it bears neither the label nor the tag of run " + r.cfg.Run
	case !prefix:
		return false, "it bears the tag of run " + r.cfg.Run + ", but not its label"
	case !tagless(s.Kind):
		return false, "it bears the label of run " + r.cfg.Run + ", but not its tag"
	case marks.Run == "" && r.recorded(s):
		return true, ""
	}
	return false, "it bears the label of run " + r.cfg.Run + ", but nothing else tells that it is the run's"
}

// recorded: the journal, or this life, knows its id, or it was made when its label was asked for: a request whose answer
// was lost may be done even after another one of the same label was deleted. Of a placement group nobody tells when it was
// made: that its label was asked for is enough where nothing of others hangs on it.
func (r *Rental) recorded(s Seen) bool {
	lag := r.cfg.Limits.AskWithin + r.cfg.Limits.Settle + skew
	return slices.ContainsFunc(r.things, func(t *thing) bool {
		if t.kind != s.Kind || t.label != s.Label {
			return false
		}
		asked := !t.intended.IsZero() && !s.Created.Before(t.intended.Add(-skew)) && !s.Created.After(t.lastAsked.Add(lag))
		undated := !t.intended.IsZero() && s.Kind == Placement && s.Created.IsZero() && r.holdsOnlyOurs(s)
		return t.id == s.ID || asked || undated
	})
}

// sight takes what a list or a look shows, as it was at a moment, and gives the thing it is; nil when it is not ours.
func (r *Rental) sight(s Seen, asked, now time.Time) *thing {
	t := r.known(s)
	mine, why := r.ours(s)
	switch {
	case !mine && (t == nil || t.id == 0):
		r.meet(s, why, asked)
		return nil
	case !mine:
		r.disown(t, s, why, now)
		return t
	case t == nil:
		t = r.stray(s, now)
	case t.id == 0:
		r.identify(t, s, now)
	}
	t.shown = true
	r.tell(t, s)
	r.progress(t, asked, now)
	return t
}

// known is the thing that a resource is: the one with its id, or else one of its label whose id is not known.
func (r *Rental) known(s Seen) *thing {
	var same *thing
	for _, t := range r.things {
		if t.kind == s.Kind && t.id == s.ID {
			return t
		}
		if t.kind == s.Kind && t.label == s.Label && t.id == 0 && t.stage != gone {
			same = t
		}
	}
	return same
}

func (r *Rental) tell(t *thing, s Seen) { t.seen, t.proven, t.marked = s, true, true }

// identify: a resource exists that was asked for.
func (r *Rental) identify(t *thing, s Seen, now time.Time) {
	t.id, t.made, t.seen, t.taken = s.ID, now, s, false
	t.failures, t.notBefore = 0, time.Time{}
	r.note(now, NoteCreated, t)
	switch {
	case r.state == GivingBack:
		r.condemn(t, "", now)
	case r.state == Surveying:
		t.become(idle, now)
	case r.fills(t):
		r.exists(t, now)
	case r.holder(t) != nil:
		r.condemn(t, "another one has its place", now)
	default:
		t.become(idle, now)
	}
}

// stray is a resource of the run that nobody here asked for: an earlier life did. It takes its place where that is
// free; where it is not, it goes, as there must not be two.
func (r *Rental) stray(s Seen, now time.Time) *thing {
	t := &thing{kind: s.Kind, label: s.Label, id: s.ID, made: now, since: now}
	t.name, _ = ParseLabel(s.Label)
	r.things = append(r.things, t)
	holder := r.holder(t)
	switch {
	case r.state == GivingBack:
		r.condemn(t, "", now)
	case r.state == Surveying || holder == nil:
		t.stage = idle
	case r.state == Building && holder.thing == nil && !holder.out:
		holder.thing, holder.attempt = t, max(holder.attempt, t.name.Attempt)
		r.note(now, NoteCreated, t)
		r.exists(t, now)
	default:
		r.condemn(t, "another one has its place", now)
	}
	return t
}

// progress is what a sight of one of our own changes: an instance runs, or what was deleted is still there.
func (r *Rental) progress(t *thing, asked, now time.Time) {
	settle := r.cfg.Limits.Settle
	switch {
	case t.stage == booting && t.seen.Status == "running":
		r.runs(t, now)
	case t.stage == deleted && asked.Sub(t.since) > settle:
		r.condemn(t, t.why, now)
	case t.stage == gone && asked.Sub(t.since) > settle, t.stage == foreign:
		r.condemn(t, t.why, now)
	}
}

// A stranger bears one of our marks, not both.
type stranger struct {
	Left
	asked time.Time // of the list that showed it last
}

// meet keeps a stranger in mind, to be told at the end. Whatever once hung on it is kept too: it may yet tell whose it is.
func (r *Rental) meet(s Seen, why string, asked time.Time) {
	marks, _ := ParseTags(s.Tags)
	if !r.hasPrefix(s.Label) && marks.Run != r.cfg.Run {
		return
	}
	for i := range r.strange {
		if old := &r.strange[i]; old.Seen.Kind == s.Kind && old.Seen.ID == s.ID {
			s.Tenants = union(old.Seen.Tenants, s.Tenants)
			*old = stranger{Left{s, why}, asked}
			return
		}
	}
	r.strange = append(r.strange, stranger{Left{s, why}, asked})
}

func union(a, b []int) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// disown: what was the run's does not bear its marks any more, so that it is not deleted.
func (r *Rental) disown(t *thing, s Seen, why string, now time.Time) {
	t.proven, t.seen = false, s
	if t.stage == condemned || t.stage == left {
		t.become(foreign, now)
		t.why = why
	}
}

// weigh finds out which networks and placement groups are the run's: those with its label prefix on which at least one
// instance hangs, and none but the run's.
func (r *Rental) weigh(now time.Time) {
	r.strange = slices.DeleteFunc(r.strange, func(each stranger) bool {
		s := each.Seen
		marks, _ := ParseTags(s.Tags)
		if !tagless(s.Kind) || !r.hasPrefix(s.Label) || marks.Run != "" || len(s.Tenants) == 0 || !r.holdsOnlyOurs(s) {
			return false
		}
		r.note(now, NoteOurs, &thing{kind: s.Kind, label: s.Label, id: s.ID})
		t := r.stray(s, now)
		t.shown = true
		r.tell(t, s)
		return true
	})
}

func (r *Rental) holdsOnlyOurs(s Seen) bool {
	for _, id := range s.Tenants {
		if !slices.ContainsFunc(r.things, func(t *thing) bool { return t.kind == Instance && t.id == id && t.marked }) {
			return false
		}
	}
	return true
}
