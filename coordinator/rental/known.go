package rental

import (
	"errors"
	"fmt"
	"time"
)

// A Record is what a journal knows of one resource.
type Record struct {
	Kind     Kind
	Label    string
	ID       int       // 0 = whether it exists is not known
	Intended time.Time // when it was about to be asked for first; zero = it was found, not asked for
	Asked    time.Time // and last
	Made     time.Time // when its id became known
	Given    bool      // it was to be deleted
	Deleted  bool      // the cloud took the deletion
	Gone     bool      // it does not exist
}

// Knowledge is all that a journal tells.
type Knowledge struct {
	Run     string    // "" of an empty journal
	Expires time.Time // the latest that is told
	Blind   time.Time // when it was begun although there may have been more than it tells; zero = there was nothing
	Records []Record  // in the order of their first lines
	Ended   bool      // nothing was left
}

// Know reads what the lines of a journal tell. Lines of another run are an error with their numbers: a journal that is
// not of one run proves nothing.
func Know(lines []Line) (k Knowledge, err error) {
	var errs []error
	for i, l := range lines {
		if i == 0 {
			k.Run = l.Run
		}
		if l.Run != k.Run {
			errs = append(errs, fmt.Errorf("journal: line %d: of run %s, the first line is of run %s", i+1, l.Run, k.Run))
			continue
		}
		k.take(l)
	}
	return k, errors.Join(errs...)
}

func (k *Knowledge) take(l Line) {
	k.Ended = l.What == NoteEnd
	if l.What == NoteBegin {
		k.begin(l)
	}
	if l.Kind != "" {
		k.record(l).take(l)
	}
}

func (k *Knowledge) begin(l Line) {
	if l.Expires.After(k.Expires) {
		k.Expires = l.Expires
	}
	if l.Blind {
		k.Blind = l.At
	}
}

// record is that of a line's resource. Of one label there may be several, one after the other or, should a cloud allow it,
// at once.
func (k *Knowledge) record(l Line) *Record {
	var nameless *Record
	for i := range k.Records {
		r := &k.Records[i]
		if r.Kind == l.Kind && r.Label == l.Label && r.ID == l.ID {
			return r
		}
		if r.Kind == l.Kind && r.Label == l.Label && r.ID == 0 {
			nameless = r
		}
	}
	if nameless != nil {
		return nameless
	}
	k.Records = append(k.Records, Record{Kind: l.Kind, Label: l.Label})
	return &k.Records[len(k.Records)-1]
}

func (r *Record) take(l Line) {
	if l.ID != 0 && r.ID == 0 {
		r.ID, r.Made = l.ID, l.At
	}
	switch l.What {
	case NoteCreate:
		r.Asked, r.Gone = l.At, false
		if r.Intended.IsZero() {
			r.Intended = l.At
		}
	case NoteCreated: // even of what was thought gone: the answer came late
		r.Gone = false
	case NoteDelete:
		r.Given = true
	case NoteDeleted:
		r.Given, r.Deleted = true, true
	case NoteGone:
		r.Gone = true
	}
}
