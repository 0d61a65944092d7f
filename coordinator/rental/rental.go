package rental

import (
	"fmt"
	"slices"
	"time"
)

// A State says what a rental is about.
type State uint8

// The states, in their order.
const (
	Surveying  State = iota // what is there already
	Building                // what is wanted is made and made ready
	Ready                   // all, or enough, are ready
	GivingBack              // everything of the run is deleted
	Over                    // nothing more will happen
)

func (s State) String() string {
	return [...]string{"surveying", "building", "ready", "giving back", "over"}[s]
}

// A Rental is what is rented for one run. It is made by New and moved by Step.
type Rental struct {
	cfg      Config
	state    State
	since    time.Time // when the state was entered
	began    time.Time // the first step; zero before
	blind    time.Time // until then an earlier life may have asked for what no journal tells; zero = it did not
	told     time.Time // the latest expiry that the journal tells; zero = none
	slots    []*slot
	things   []*thing
	requests []*request // under way, or given up without an answer
	lists    map[Kind]*listing
	strange  []stranger
	last     int // number of the last request

	creates      Bucket
	createsAfter time.Time
	replaced     int // slots that were, in all

	outcome Outcome
	out     []Action
}

// A slot is a want and what fills it.
type slot struct {
	want    Want
	thing   *thing // nil = to be asked for
	attempt int
	out     bool // goes without: it was given up, or its instance was lost
}

// New gives a rental that has asked for nothing yet. With wants it looks what is there, makes what is missing, and
// gives everything back when it is told to or cannot go on; without it gives back from the start. The error tells
// everything that is wrong with the config.
func New(c Config) (*Rental, error) {
	known, _ := Know(c.Journal) // what is wrong with it Validate tells
	if c.Expires.IsZero() {
		c.Expires = known.Expires
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Limits = c.Limits.withDefaults()
	r := &Rental{cfg: c, lists: map[Kind]*listing{}, creates: Bucket{Every: c.Limits.CreateEvery, Burst: 1}}
	for _, k := range kinds() {
		r.lists[k] = &listing{}
	}
	for _, k := range kinds() { // slots in the order in which they are filled
		for _, w := range c.Wants {
			if w.Kind == k {
				r.slots = append(r.slots, &slot{want: w})
			}
		}
	}
	r.blind, r.told = known.Blind, known.Expires
	for _, rec := range known.Records {
		r.things = append(r.things, r.remembered(rec))
	}
	return r, nil
}

// State tells what the rental is about.
func (r *Rental) State() State { return r.state }

// Step takes an event at a moment of the coordinator's clock, which never goes back, and gives what is to be done about it,
// in order. It is to be called with Tick at least once a second for deadlines and paces to be kept.
func (r *Rental) Step(now time.Time, e Event) []Action {
	r.out = nil
	if r.state == Over {
		return nil
	}
	if r.began.IsZero() {
		r.begin(now)
	}
	if e != nil {
		e.apply(r, now)
	}
	r.expire(now)
	r.advance(now)
	return r.out
}

// begin is the first step: only now is the time known from which on lists show what an earlier life asked for.
func (r *Rental) begin(now time.Time) {
	r.began = now
	first := len(r.cfg.Journal) == 0
	blind := first && !r.cfg.Fresh
	if blind {
		r.blind = now
	}
	if first || r.cfg.Expires.After(r.told) {
		r.do(Note{Line{At: now, What: NoteBegin, Run: r.cfg.Run, Expires: r.cfg.Expires, Blind: blind}})
	}
	if !r.blind.IsZero() {
		for _, k := range kinds() {
			r.doubt(k, r.blind)
		}
	}
	for _, t := range r.things {
		r.recall(t, now)
	}
	if len(r.cfg.Wants) == 0 {
		r.giveBackFrom(now)
		return
	}
	r.enter(Surveying, now)
}

// recall takes up a thing of an earlier life, whose last request may still be done.
func (r *Rental) recall(t *thing, now time.Time) {
	t.since = now
	if t.id == 0 && t.stage != gone {
		t.doubt = now
		r.doubt(t.kind, now)
	}
	if lost := t.lastAsked.Add(r.cfg.Limits.AskWithin); lost.Before(now) {
		r.doubt(t.kind, lost)
	} else {
		r.doubt(t.kind, now)
	}
}

// advance does what time alone, or what was just learned, makes due.
func (r *Rental) advance(now time.Time) {
	switch r.state {
	case Surveying:
		r.survey(now)
	case Building:
		r.build(now)
	case GivingBack:
		r.giveBack(now)
	}
	if r.state == Over {
		return
	}
	r.remove(now)
	r.list(now)
}

// build goes on with what is wanted. A step that fails for good leaves the state, and the rest undone.
func (r *Rental) build(now time.Time) {
	for _, s := range r.slots {
		if r.state == Building && !s.out {
			r.due(s, now)
		}
	}
	if r.state == Building {
		r.plan(now)
		r.create(now)
	}
	if r.state == Building && !slices.ContainsFunc(r.slots, func(s *slot) bool { return !s.settled() }) {
		r.enter(Ready, now)
	}
}

// settled: ready, or given up.
func (s *slot) settled() bool { return s.out || s.thing != nil && s.thing.stage == up }

func (r *Rental) do(a Action) { r.out = append(r.out, a) }

func (r *Rental) say(format string, args ...any) { r.do(Say{fmt.Sprintf(format, args...)}) }

func (r *Rental) enter(s State, now time.Time) {
	r.state, r.since = s, now
	r.do(Become{s})
}

// fatal ends the building for good; the first reason is the one that is told.
func (r *Rental) fatal(now time.Time, format string, args ...any) {
	if r.state == GivingBack {
		return
	}
	r.outcome.Failed = fmt.Sprintf(format, args...)
	r.say("%s: nothing more is asked for, and everything is given back", r.outcome.Failed)
	r.giveBackFrom(now)
}

func (Tick) apply(*Rental, time.Time) {}

func (Interrupt) apply(r *Rental, now time.Time) {
	if r.state < GivingBack {
		r.outcome.Interrupted = true
		r.giveBackFrom(now)
	}
}

func (GiveBack) apply(r *Rental, now time.Time) {
	if r.state < GivingBack {
		r.giveBackFrom(now)
	}
}
