package rental

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Happening is what a line of the journal tells.
type Happening string

// What lines tell. An intent is written before the cloud is asked, a fact once it has answered.
const (
	NoteBegin   Happening = "begin"   // fact: the journal is of this run; once more when a later life is to last longer
	NoteCreate  Happening = "create"  // intent: a resource of this label may exist from here on
	NoteCreated Happening = "created" // fact: it has this id
	NoteOurs    Happening = "ours"    // fact: all that hung on it was the run's, so that it is too
	NoteDelete  Happening = "delete"  // intent: it is not to be used any more
	NoteDeleted Happening = "deleted" // fact: the cloud took the deletion
	NoteGone    Happening = "gone"    // fact: it does not exist
	NoteEnd     Happening = "end"     // fact: nothing of the run exists
)

// A Line is one line of a journal: names, ids and times. There is no field in which a secret could be.
type Line struct {
	At      time.Time `json:"at"`
	What    Happening `json:"what"`
	Run     string    `json:"run"`
	Expires time.Time `json:"expires,omitzero"` // of begin
	Blind   bool      `json:"blind,omitempty"`  // of begin: there may be more than it tells, of an earlier life
	Kind    Kind      `json:"kind,omitempty"`   // of all but begin and end, as are the label and, once it is known, the id
	Label   string    `json:"label,omitempty"`
	ID      int       `json:"id,omitempty"`
}

// Encode is the line as JSON with its newline. The journal holds it once all of it is on the disk.
func (l Line) Encode() []byte {
	l.At, l.Expires = l.At.UTC(), l.Expires.UTC()
	text, _ := json.Marshal(l) // never fails: names, numbers and times of this millennium
	return append(text, '\n')
}

// Decode reads a journal. A last line without a newline was cut off by the end of the process that wrote it, so that
// nothing was asked on its strength: it is passed over, and whole is the length in bytes of what is before it, to which
// the file is to be cut before it grows again. Any other line that cannot be read is told in the error by its number.
func Decode(text []byte) (lines []Line, whole int, err error) {
	whole = bytes.LastIndexByte(text, '\n') + 1
	var errs []error
	number := 0
	for raw := range bytes.Lines(text[:whole]) {
		number++
		l, err := decodeLine(raw)
		if err != nil {
			errs = append(errs, fmt.Errorf("journal: line %d: %w", number, err))
			continue
		}
		lines = append(lines, l)
	}
	return lines, whole, errors.Join(errs...)
}

func decodeLine(raw []byte) (l Line, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return l, fmt.Errorf("no line of a journal: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return l, errors.New("no line of a journal: more than one value on it")
	}
	return l, l.check()
}

func (l Line) check() error {
	if l.At.IsZero() || !isRun8(l.Run) {
		return errors.New("no line of a journal: time or run missing")
	}
	switch l.What {
	case NoteBegin, NoteEnd:
		return nil
	case NoteCreate, NoteCreated, NoteOurs, NoteDelete, NoteDeleted, NoteGone:
		return l.checkResource()
	}
	return fmt.Errorf("%q is nothing that a journal tells", l.What)
}

func (l Line) checkResource() error {
	switch {
	case !slices.Contains(kinds(), l.Kind):
		return fmt.Errorf("%q is no kind of resource", l.Kind)
	case !strings.HasPrefix(l.Label, Prefix(l.Run)):
		return fmt.Errorf("%q is no label of run %s", l.Label, l.Run)
	case l.ID < 0 || l.ID == 0 && l.What != NoteCreate && l.What != NoteGone:
		return fmt.Errorf("%d is no id", l.ID)
	}
	return nil
}

// kinds are all of them, in the order in which they are made.
func kinds() []Kind { return []Kind{Network, Firewall, Placement, Instance, Balancer} }
