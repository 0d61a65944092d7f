package loop

import (
	"cmp"
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
	line      line
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
	next  int32 // behind it in the line; none = it is the last, or in no line
	beats uint32
	tries uint8
	wasUp bool         // has been open
	due   stats.Offset // of its next heartbeat
}

const (
	maxTries    = 3
	retryAfter  = time.Second // a place makes at most one attempt in that time
	minHeartGap = time.Millisecond
)

func (l *Loop) beginHold(p *phase) {
	todo := openings(p.spec, l.share, nil, p.begin, 1)
	p.hold = &hold{todo: todo, places: make([]place, 0, len(todo)), line: emptyLine(p.spec, l.share)}
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
	p.hold.line.gap = gapOf(p.spec, l.share)
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
// there. Attempts that fail at once are under way no longer, and so are bounded too.
func (l *Loop) dialHeld(p *phase) {
	h := p.hold
	for room := maxDialing; room > 0 && l.dialing < maxDialing; room-- {
		i := h.nextPlace(l.now)
		if i == none {
			break
		}
		l.dialPlace(p, i)
	}
	if len(h.todo) == 0 {
		h.todo = nil // what it was cut from is large
	}
	if !h.told && len(h.todo) == 0 && h.opening == 0 {
		h.told = true
		l.tell(Output{Phase: &PhaseEvent{Phase: p.index, State: Connected, At: l.now}})
	}
}

// nextPlace is the place to be opened by now, if there is one. Those that were not yet
// tried have moments of their own and go first.
func (h *hold) nextPlace(now stats.Offset) int32 {
	switch {
	case len(h.todo) > 0 && h.todo[0].at <= now:
		h.line.passed(now)
		h.places = append(h.places, place{id: h.todo[0].id, next: none})
		h.todo = h.todo[1:]
		h.opening++
		return int32(len(h.places) - 1)
	case h.line.due() <= now:
		h.line.passed(now)
		return h.leaveLine()
	}
	return none
}

// due is when a connection is to be opened next.
func (h *hold) due() stats.Offset {
	if len(h.todo) > 0 {
		return min(h.todo[0].at, h.line.due())
	}
	return h.line.due()
}

// dialPlace tries to open one held connection. Where there was no port a moment ago
// it does not ask again: the kernel looks through all of them each time.
func (l *Loop) dialPlace(p *phase, i int32) {
	at := &p.hold.places[i]
	at.tries++
	errno := syscall.EADDRNOTAVAIL
	if h := p.hold; l.now >= h.dryUntil {
		if _, _, errno = l.dial(p, none, i); errno == syscall.EADDRNOTAVAIL {
			h.dryUntil = l.now + restAfterFailure
		}
	}
	if errno == 0 {
		return
	}
	if isLimit(errno) {
		l.limited(limitText(errno))
	}
	l.retryPlace(p, i)
}

// heldOpened makes a connection one of the held.
func (l *Loop) heldOpened(ci int32, c *conn, p *phase) {
	at := &p.hold.places[c.place]
	at.tries = 0
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

// forget takes a connection out of the held, so that its end is not a loss.
func (l *Loop) forget(c *conn) {
	p := l.phases[c.phase]
	if c.place != none {
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
