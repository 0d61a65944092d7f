// Package vu is one virtual user: a cursor over frozen steps. What happened goes
// in, what to do next comes out: send a step, wait until a moment, or finish the
// iteration. It decides when a step is meant to start, and nothing else; it has
// no clock, no socket and no memory of answers, so 50,000 users are an array.
//
// An iteration goes on after any answer, an unwanted one included, and is given
// up when a step got none (time-out, broken connection, never sent): what its
// later steps would have asked of a target that does not answer is not intended.
package vu

import (
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Cursor is where one virtual user is. It holds no pointers.
type Cursor struct {
	rand      arrival.Rand
	began     stats.Offset // intended start of the iteration
	id        uint64       // of the user (closed) or arrival (open)
	iteration uint32       // of this user, from 0
	task      uint16
	step      uint16
}

// An Outcome is how a step ended.
type Outcome uint8

// How a step can end.
const (
	Answered   Outcome = iota // with a whole answer, of whatever class
	Unanswered                // without one
)

// A Kind of action.
type Kind uint8

// What a user does next.
const (
	Send     Kind = iota // the step, now
	Wait                 // until At, then send the step
	Complete             // the iteration is done; At is when a closed user begins the next
	Abort                // the iteration is given up; At as above
)

// An Action is what to do next.
type Action struct {
	Kind Kind
	At   stats.Offset    // the step's intended start
	Step *scenarios.Step // for Send and Wait
}

// New makes the cursor of user or arrival id of a phase. Its random numbers
// follow from (seed, phase, id) alone, whoever runs it.
func New(seed uint64, phase int, id uint64) Cursor {
	return Cursor{rand: arrival.NewRand(arrival.Mix(seed, userStream, uint64(phase), id)), id: id}
}

// userStream keeps users' random numbers apart from other uses of the seed.
const userStream = 3

// Begin starts an iteration meant to start at the given moment: it picks a task,
// and says when its first step is due.
func (c *Cursor) Begin(u *scenarios.User, at stats.Offset) Action {
	c.began, c.step = at, 0
	c.task = uint16(u.Pick(&c.rand))
	return c.due(u, at)
}

// Next takes how the step ended, and when.
func (c *Cursor) Next(u *scenarios.User, how Outcome, at stats.Offset) Action {
	if how == Unanswered {
		return c.finish(u, Abort, at)
	}
	if int(c.step)+1 >= len(u.Tasks[c.task].Steps) {
		return c.finish(u, Complete, at)
	}
	c.step++
	return c.due(u, at)
}

// Last says whether the cursor is at the last step of its iteration.
func (c *Cursor) Last(u *scenarios.User) bool { return int(c.step)+1 >= len(u.Tasks[c.task].Steps) }

// Step is the step the cursor is at.
func (c *Cursor) Step(u *scenarios.User) *scenarios.Step { return &u.Tasks[c.task].Steps[c.step] }

// Values are what the templates of the step at hand are filled from.
func (c *Cursor) Values() scenarios.Values {
	return scenarios.Values{Rand: &c.rand, VU: c.id, Iteration: uint64(c.iteration)}
}

// due says when the step at hand starts, seen from the end of what came before.
func (c *Cursor) due(u *scenarios.User, at stats.Offset) Action {
	step := c.Step(u)
	if pause := c.pause(step.Think); pause > 0 {
		return Action{Kind: Wait, At: at + pause, Step: step}
	}
	return Action{Kind: Send, At: at, Step: step}
}

func (c *Cursor) finish(u *scenarios.User, kind Kind, at stats.Offset) Action {
	c.iteration++
	next := at + c.pause(u.Wait)
	if u.Wait.Kind == scenarios.Pacing {
		next = max(at, c.began+u.Wait.Min)
	}
	return Action{Kind: kind, At: next}
}

// pause draws a wait. Pacing is no pause but a distance between starts.
func (c *Cursor) pause(w scenarios.Wait) stats.Offset {
	if w.Kind == scenarios.NoWait || w.Kind == scenarios.Pacing {
		return 0
	}
	return w.Draw(&c.rand)
}

// At makes a cursor at the first step of one task, such as a heartbeat: the n-th
// of a series id.
func At(seed uint64, phase int, id uint64, n uint32, task int) Cursor {
	mixed := arrival.Mix(seed, beatStream, uint64(phase), id, uint64(n))
	return Cursor{rand: arrival.NewRand(mixed), id: id, iteration: n, task: uint16(task)}
}

// beatStream keeps heartbeats' random numbers apart from users'.
const beatStream = 4

// Float64 draws from the cursor's own stream, uniform in [0, 1).
func (c *Cursor) Float64() float64 { return c.rand.Float64() }

// ID is the number the cursor was made with.
func (c *Cursor) ID() uint64 { return c.id }

// First says whether the cursor is at the first step of its iteration.
func (c *Cursor) First() bool { return c.step == 0 }
