package rental

import (
	"time"
)

// plan gives empty slots a thing to ask for, kind by kind: what comes later needs what comes before.
func (r *Rental) plan(now time.Time) {
	for _, k := range kinds() {
		stands := true
		for _, s := range r.slots {
			if s.want.Kind == k && !s.out {
				r.fill(s, now)
				stands = stands && s.stands()
			}
		}
		if !stands {
			return
		}
	}
}

func (r *Rental) fill(s *slot, now time.Time) {
	if s.thing != nil {
		return
	}
	n := Name{Run: r.cfg.Run, Role: s.want.Role, Number: s.want.Number, Attempt: s.attempt}
	s.thing = &thing{kind: s.want.Kind, label: n.Label(), name: n, stage: asking, since: now}
	r.things = append(r.things, s.thing)
}

// stands: what needs this one can be made. A balancer needs the addresses of instances that run.
func (s *slot) stands() bool { return s.thing.stage >= running && s.thing.stage <= up }

// create asks for what is to be asked for, at the pace that the cloud bears.
func (r *Rental) create(now time.Time) {
	for _, t := range r.things {
		if t.stage != asking || t.ticket != 0 || now.Before(t.notBefore) {
			continue
		}
		if now.Before(r.createsAfter) || r.underWay(askCreate) >= r.cfg.Limits.Creating {
			return
		}
		next, ok := r.creates.Take(now)
		if !ok {
			return
		}
		r.creates = next
		r.askFor(t, now)
	}
}

func (r *Rental) askFor(t *thing, now time.Time) {
	if t.intended.IsZero() {
		t.intended = now
	}
	if t.first.IsZero() {
		t.first = now
	}
	t.lastAsked = now
	r.note(now, NoteCreate, t)
	n := r.request(askCreate, t.kind, t, now)
	r.do(Create{N: n, Want: r.holder(t).want, Label: t.label, Tags: Tags(r.cfg.Run, r.cfg.Expires)})
}

func (e Created) apply(r *Rental, now time.Time) {
	q := r.answered(e.N, askCreate)
	if q == nil {
		return
	}
	t, s := q.thing, e.Seen
	s.Kind = t.kind
	switch {
	case s.ID <= 0:
		r.notCreated(t, Failure{Class: Unknown, Text: "the answer told no id"}, now)
		return
	case t.id != 0 && t.id != s.ID: // a cloud that takes one label twice
		r.sight(s, q.at, now)
		return
	case t.id == 0:
		r.identify(t, s, now)
	}
	if mine, _ := r.ours(s); mine {
		r.tell(t, s)
	}
	r.progress(t, q.at, now)
}

// notCreated says what a failed creation means for what is done next.
func (r *Rental) notCreated(t *thing, f Failure, now time.Time) {
	if f.Class == Unknown {
		r.doubt(t.kind, now) // even of one that is known: its label may be free by the time it is done
	}
	if t.id != 0 { // a list has shown it meanwhile
		return
	}
	switch f.Class {
	case Unknown, Taken:
		t.doubt, t.taken = now, f.Class == Taken
		t.become(doubtful, now)
	case Wait:
		r.createsAfter = now.Add(f.wait())
	case Full:
		r.fatal(now, "%s %s: a limit of the account is reached: %s", t.kind, t.label, f.Text)
	case Refused:
		r.fatal(now, "%s %s: the cloud refuses: %s", t.kind, t.label, f.Text)
	case Wrong:
		r.fatal(now, "%s %s: the request is wrong: %s", t.kind, t.label, f.Text)
	default: // what it needs may not show yet
		t.rest(now)
	}
	if r.state == GivingBack {
		r.drop(t, now)
	}
}

// inUse tells who has the label of a thing that is to be asked for.
func (r *Rental) inUse(t *thing) (Left, bool) {
	for _, l := range r.strangers() {
		if l.Seen.Kind == t.kind && l.Seen.Label == t.label {
			return l, true
		}
	}
	return Left{}, false
}
