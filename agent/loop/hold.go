package loop

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A hold is this loop's part of a number of connections kept open.
type hold struct {
	todo      []opening // connections not yet tried, in order of time
	places    []place
	opening   int // tried, and neither open nor given up
	reopening int // the same of those that have been open before
	told      bool
	dryUntil  stats.Offset // until when no port is looked for: there was none
}

// An opening is when a held connection is to be opened: its number among those
// of the whole phase over the connect rate.
type opening struct {
	id uint32
	at stats.Offset
}

// A place is where a held connection is, was, or will be again.
type place struct {
	id    uint32
	conn  int32 // none while it is not there
	beats uint32
	tries uint8
	wasUp bool         // has been open
	due   stats.Offset // of its next heartbeat
}

const (
	maxTries    = 3
	retryAfter  = time.Second // a place makes at most one attempt in that time
	whenCrowded = 10 * time.Millisecond
	minHeartGap = time.Millisecond
)

func (l *Loop) beginHold(p *phase) {
	todo := openings(p.spec, l.share, nil, p.begin, 1)
	p.hold = &hold{todo: todo, places: make([]place, 0, len(todo))}
}

// openings lists the connections a share owns and did not own before. part is how
// much of the connect rate is the loop's to use; with 1 the slots are those of the
// whole fleet, and each connection waits for its own.
func openings(spec *scenarios.Phase, share, before arrival.Share, from stats.Offset, part float64) []opening {
	todo := make([]opening, 0, share.Of(uint64(max(spec.Connections, 0))))
	for id := range uint64(max(spec.Connections, 0)) {
		if !share.Owns(id) || before.Owns(id) {
			continue
		}
		slot := id
		if part < 1 {
			slot = uint64(len(todo))
		}
		at := from
		if spec.ConnectRate > 0 {
			at += time.Duration(float64(slot) / (spec.ConnectRate * part) * float64(time.Second))
		}
		todo = append(todo, opening{uint32(id), at})
	}
	return todo
}

// reshareHold opens what a lost agent held, from now on and at this loop's part of
// the rate. What others have taken over is not closed: its agent is gone.
func (l *Loop) reshareHold(p *phase, before arrival.Share, from stats.Offset) {
	more := openings(p.spec, l.share, before, max(from, l.now), min(part(l.share), 0.999))
	p.hold.todo = append(slices.Clone(p.hold.todo), more...)
	slices.SortStableFunc(p.hold.todo, func(a, b opening) int { return cmp.Compare(a.at, b.at) })
}

// part is how much of the whole a share is.
func part(s arrival.Share) float64 {
	sum := 0.0
	for _, slot := range s {
		if slot.Of > 0 {
			sum += 1 / float64(slot.Of)
		}
	}
	return sum
}

// dialHeld opens the connections whose moment has come, and tells when all are
// there.
func (l *Loop) dialHeld(p *phase) {
	h := p.hold
	for len(h.todo) > 0 && h.todo[0].at <= l.now && l.dialing < maxDialing && p.state == running {
		h.places = append(h.places, place{id: h.todo[0].id, conn: none})
		h.todo = h.todo[1:]
		h.opening++
		l.dialPlace(p, int32(len(h.places)-1))
	}
	if len(h.todo) == 0 {
		h.todo = nil // what it was cut from is large
	}
	if !h.told && len(h.todo) == 0 && h.opening == 0 {
		h.told = true
		l.tell(Output{Phase: &PhaseEvent{Phase: p.index, State: Connected, At: l.now}})
	}
}

// dialPlace tries to open one held connection. Where there was no port a moment ago
// it does not ask again: the kernel looks through all of them each time.
func (l *Loop) dialPlace(p *phase, i int32) {
	at := &p.hold.places[i]
	at.tries++
	ci, errno := none, syscall.EADDRNOTAVAIL
	if h := p.hold; l.now >= h.dryUntil {
		if ci, _, errno = l.dial(p, none, i); errno == syscall.EADDRNOTAVAIL {
			h.dryUntil = l.now + restAfterFailure
		}
	}
	if errno == 0 {
		at.conn = ci
		return
	}
	if isLimit(errno) {
		l.limited(limitText(errno))
	}
	l.retryPlace(p, i)
}

// retryPlace tries again a second later, or gives the connection up. One that was
// open and is to be there again is tried until the phase ends: the target may be
// back by then.
func (l *Loop) retryPlace(p *phase, i int32) {
	at := &p.hold.places[i]
	at.conn = none
	if p.state != running {
		p.hold.settled(at)
		return
	}
	if at.tries >= maxTries {
		if at.tries == maxTries {
			l.recorder.ConnFailed(p.index)
		}
		if !at.wasUp || p.spec.OnClose != scenarios.Reconnect {
			p.hold.settled(at)
			return
		}
		at.tries = maxTries // a small number, and not counted again
	}
	l.timers.add(timer{at: l.clock() + retryAfter, index: i, stamp: uint16(p.index), kind: reopen})
}

// settled is a place that is open, or given up.
func (h *hold) settled(at *place) {
	if at.wasUp {
		h.reopening--
		return
	}
	h.opening--
}

// reopen tries a held connection again, unless the phase has ended meanwhile. When a
// target drops all at once they wait for each other, as on opening.
func (l *Loop) reopen(t timer) {
	p := l.phases[t.stamp]
	switch {
	case p.state != running:
		p.hold.settled(&p.hold.places[t.index])
	case l.dialing >= maxDialing:
		t.at = l.now + whenCrowded
		l.timers.add(t)
	default:
		l.dialPlace(p, t.index)
	}
}

// heldOpened makes a connection one of the held.
func (l *Loop) heldOpened(ci int32, c *conn, p *phase) {
	at := &p.hold.places[c.place]
	at.conn, at.tries = ci, 0
	p.hold.settled(at)
	at.wasUp = true
	p.held++
	l.putIdle(p.own, ci, c)
	l.unserved = true
	if hb := p.spec.Heartbeat; hb != nil && p.user != nil {
		u := vu.At(l.config.Seed, p.index, uint64(at.id), at.beats, hb.Task)
		at.due = l.onGrid(p, l.now+time.Duration(u.Float64()*float64(hb.Every)))
		l.setBeat(ci, c, at)
	}
}

// heldLost is a held connection, or an attempt at one, that is gone. One that did
// not last is opened anew a second after it was opened last, so that a target that
// closes what it accepts is not flooded.
func (l *Loop) heldLost(p *phase, i int32, was connState, began stats.Offset) {
	if was == connecting {
		l.retryPlace(p, i)
		return
	}
	at := &p.hold.places[i]
	at.conn = none
	if p.state != running && !l.taken(p) {
		return // closing anyway
	}
	l.recorder.ConnDropped(p.index)
	switch p.spec.OnClose {
	case scenarios.Reconnect:
		if p.state == running {
			p.hold.reopening++
			l.timers.add(timer{at: max(l.clock(), began+retryAfter), index: i, stamp: uint16(p.index), kind: reopen})
		}
	case scenarios.Abort:
		l.tell(Output{Notice: &Notice{
			At: l.now, Level: stats.Severe, Kind: "abort",
			Text: fmt.Sprintf("phase %s: the target closed a held connection (on_close: abort)", p.spec.Name),
		}})
	}
}

// forget takes a connection out of the held, so that its end is not a loss.
func (l *Loop) forget(c *conn) {
	p := l.phases[c.phase]
	if c.place != none {
		p.hold.places[c.place].conn = none
		if c.state == established {
			p.held--
		}
		c.place = none
	}
}

// setBeat sets the timer of the next heartbeat.
func (l *Loop) setBeat(ci int32, c *conn, at *place) {
	l.timers.add(timer{at: at.due, index: ci, stamp: uint16(c.gen), kind: heartbeat})
}

// beatDue takes up a heartbeat whose moment has come. On a busy connection it
// waits, as any request does that waits for a connection: its intended start is kept.
func (l *Loop) beatDue(t timer) {
	c := l.conns.at(t.index)
	if uint16(c.gen) != t.stamp || c.state != established || c.place == none {
		return
	}
	p := l.phases[c.phase]
	at := &p.hold.places[c.place]
	if p.state != running || at.due >= p.endAt {
		return
	}
	at.beats++
	i, k := l.tasks.take()
	k.renew(beating, p, vu.At(l.config.Seed, p.index, uint64(at.id), at.beats, p.spec.Heartbeat.Task))
	l.intend(k, p, k.cursor.Step(p.user), at.due)
	if c.task != none {
		k.state = queued
		c.next = i
		return
	}
	l.dropIdle(p.own, c)
	l.sendBeat(i, k, t.index, c)
}

// sendBeat sends a heartbeat and sets the next. What it had to wait moves those
// after it, so that they neither pile up nor come closer together.
func (l *Loop) sendBeat(i int32, t *task, ci int32, c *conn) {
	p := l.phases[c.phase]
	at := &p.hold.places[c.place]
	waited := l.clock() - t.scheduled
	at.due = l.onGrid(p, max(t.intended+waited+l.interval(p.spec.Heartbeat, &t.cursor), l.now+minHeartGap))
	l.setBeat(ci, c, at)
	// What was left of a time-out after the wait would end a connection that lives.
	t.deadline = l.now + t.cursor.Step(p.user).Timeout
	l.use(i, t, ci, c)
}

// sendWaitingBeat sends the heartbeat that waits for a connection now free. It goes
// before requests that wait for any: with more load than the connections take there
// would always be one.
func (l *Loop) sendWaitingBeat(ci int32, c *conn) {
	i := c.next
	c.next = none
	l.sendBeat(i, l.tasks.at(i), ci, c)
}

// interval draws the time to the next heartbeat: every ± jitter.
func (l *Loop) interval(hb *scenarios.Heartbeat, c *vu.Cursor) time.Duration {
	spread := hb.Jitter * (2*c.Float64() - 1)
	return time.Duration(float64(hb.Every) * (1 + spread))
}
