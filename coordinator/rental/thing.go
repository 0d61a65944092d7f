package rental

import (
	"slices"
	"strings"
	"time"
)

// A stage is how far one resource has come.
type stage uint8

const (
	idle      stage = iota // exists or may; nobody wants it, or it was not looked at yet
	asking                 // to be asked for, or asked for
	doubtful               // nobody knows whether it exists
	booting                // exists, and does not run yet
	running                // to be logged in to
	sshable                // to be installed
	installed              // to be registered
	up                     // as far as it is wanted
	condemned              // to be deleted
	deleted                // the cloud took the deletion
	gone                   // does not exist
	foreign                // exists, but does not bear our marks
	left                   // could not be deleted
)

func (s stage) String() string {
	return [...]string{"idle", "creating", "in doubt", "booting", "running", "sshable", "installed", "ready",
		"deleting", "deleted", "gone", "not ours", "left"}[s]
}

// open: something is still to be done or learned about it when all is given back.
func (s stage) open() bool { return s < gone }

// A thing is one resource that exists, may exist or did.
type thing struct {
	kind  Kind
	label string
	name  Name // zero of a label that is not one of ours to read
	id    int  // 0 = not known
	seen  Seen // as the cloud told of it last
	stage stage
	since time.Time // when the stage began

	intended  time.Time // when its creation was noted first; zero = it was found
	lastAsked time.Time // and last
	made      time.Time // when its id became known
	first     time.Time // when it was asked for first in this life
	doubt     time.Time // when an answer to its creation was lost last; zero = none was
	taken     bool      // the cloud says that its label is in use

	ticket    int       // the request about it that is under way; 0 = none
	notBefore time.Time // the next one
	failures  int       // in a row
	strikes   int       // of them those that asking again does not change
	removing  time.Time // when its deletion was asked for first since everything is given back

	again  bool   // what may be done once more in this stage was
	shown  bool   // a list or a look has shown it
	proven bool   // it bore both marks when it was told of last; forgotten when giving back begins
	marked bool   // it did once
	noted  bool   // its end was noted
	why    string // of its end
}

// remembered is what a journal knows, as a thing.
func (r *Rental) remembered(rec Record) *thing {
	t := &thing{kind: rec.Kind, label: rec.Label, id: rec.ID, intended: rec.Intended, lastAsked: rec.Asked, made: rec.Made, noted: rec.Given}
	t.name, _ = ParseLabel(rec.Label)
	switch {
	case rec.Gone:
		t.stage = gone
	case rec.Deleted:
		t.stage = deleted
	case rec.Given:
		t.stage = condemned
	}
	return t
}

func (t *thing) become(s stage, now time.Time) {
	t.stage, t.since, t.again = s, now, false
}

// rest puts the next request off, longer each time.
func (t *thing) rest(now time.Time) {
	t.failures++
	t.notBefore = now.Add(pause(t.failures))
}

// holder is the slot that a thing is of, if any; whether it fills it is another matter.
func (r *Rental) holder(t *thing) *slot {
	for _, s := range r.slots {
		if s.want.Kind == t.kind && s.want.Role == t.name.Role && s.want.Number == t.name.Number {
			return s
		}
	}
	return nil
}

// current gives the slot that an instance fills, while the fleet is built or ready.
func (r *Rental) current(label string) *slot {
	for _, s := range r.slots {
		if s.want.Kind == Instance && s.thing != nil && s.thing.label == label && !s.out && r.state < GivingBack {
			return s
		}
	}
	return nil
}

func (r *Rental) note(now time.Time, what Happening, t *thing) {
	r.do(Note{Line{At: now, What: what, Run: r.cfg.Run, Kind: t.kind, Label: t.label, ID: t.id}})
}

// exists is what a resource becomes whose id was learned.
func (r *Rental) exists(t *thing, now time.Time) {
	if t.kind == Instance {
		t.become(booting, now)
		return
	}
	t.become(up, now)
}

// condemn marks a thing for deletion, on disk too: no later life is to take it for a good one.
func (r *Rental) condemn(t *thing, why string, now time.Time) {
	t.become(condemned, now)
	t.why, t.failures, t.strikes, t.notBefore = why, 0, 0, time.Time{}
	if !t.noted {
		t.noted = true
		r.note(now, NoteDelete, t)
	}
}

// end is what nothing is left of.
func (r *Rental) end(t *thing, now time.Time) {
	t.become(gone, now)
	if t.id != 0 || !t.intended.IsZero() {
		r.note(now, NoteGone, t)
	}
}

// A Resource is one thing as people and the coordinator see it.
type Resource struct {
	Kind  Kind
	Label string
	Name  Name
	ID    int  // 0 = not known, or not made yet
	Seen  Seen // as the cloud told of it last
	Stage string
	Since time.Time
	Ready bool // it fills its slot, as far as it is wanted
}

// Resources are all that exist or may exist, in the order in which they became known.
func (r *Rental) Resources() (all []Resource) {
	for _, t := range r.things {
		if t.stage == gone || t.stage == foreign {
			continue
		}
		all = append(all, Resource{t.kind, t.label, t.name, t.id, t.seen, t.stage.String(), t.since, t.stage == up})
	}
	return all
}

// rank is the place of a kind in the order of making; -1 of what is no kind.
func rank(k Kind) int { return slices.Index(kinds(), k) }

func (r *Rental) hasPrefix(label string) bool { return strings.HasPrefix(label, Prefix(r.cfg.Run)) }
