package loop

import "github.com/loadctl/loadctl/stats"

// fire takes up the timers that are due, up to one that is to wait for a look at
// sockets.
func (l *Loop) fire() {
	l.sight.blind = false
	for {
		t, ok := l.timers.next(l.now)
		if !ok {
			return
		}
		if l.hasty(t) {
			l.timers.add(t)
			l.sight.blind = true
			return
		}
		l.fireOne(t)
	}
}

func (l *Loop) fireOne(t timer) {
	switch t.kind {
	case wakeTask:
		if k := l.tasks.at(t.index); k.stamp == t.stamp && k.state == pausing {
			l.wake(t.index, k)
		}
	case taskDeadline:
		l.pastDeadline(t.index, t.at)
	case connectTimeout:
		if c := l.conns.at(t.index); l.connectsUntil(c, t) {
			l.pastConnecting(t.index, c)
		}
	case heartbeat:
		l.beatDue(t)
	case reopen:
		l.reopen(t)
	case bodyWait:
		l.waitedEnough(t)
	case readOn, writeOn:
		l.pieceDue(t)
	case lastWait:
		if c := l.conns.at(t.index); uint16(c.gen) == t.stamp && c.state == parting {
			l.closeFirst(t.index, c)
		}
	}
}

// nap says until when there is nothing to do, and whether to sleep until then
// without looking at sockets.
func (l *Loop) nap() (until int64, asleep bool) {
	if !l.started {
		return 1<<63 - 1, false
	}
	if l.unserved || l.behind || l.sight.blind || len(l.tls.queue) > 0 || len(l.more) > 0 {
		return 0, false
	}
	if next, ok := l.nextBeat(); ok {
		return l.epoch + int64(next), true
	}
	if next, ok := l.pace.nextTick(l.clock()); ok && l.active() {
		return l.epoch + int64(next), true
	}
	return l.epoch + int64(l.pace.before(l.nextDue(), l.clock())), false
}

func (l *Loop) active() bool {
	for _, p := range l.phases {
		if p.state == running || p.state == draining {
			return true
		}
	}
	return false
}

// nextDue is the next moment something happens by itself.
func (l *Loop) nextDue() stats.Offset {
	next := min(l.windowEnd(), l.agenda.due(), l.timers.due(), l.dialAt)
	if l.draining && l.now < l.drainAt {
		next = min(next, l.drainAt) // when all may have ended already
	}
	for _, p := range l.phases {
		switch p.state {
		case running:
			next = min(next, l.phaseDue(p))
		case draining:
		default:
			continue
		}
		for _, q := range [...]*queue{&p.fresh, &p.going} {
			if q.head != none {
				next = min(next, l.patience(p, l.tasks.at(l.first(q))))
			}
		}
	}
	return next
}

// phaseDue is the next moment of a running phase's own schedule.
func (l *Loop) phaseDue(p *phase) stats.Offset {
	next := p.endAt
	if l.heldUp(p) {
		next = never
	}
	if p.hold != nil && l.dialing < maxDialing {
		next = min(next, p.hold.due())
	}
	if l.paused {
		return next
	}
	if p.sched != nil {
		if a, ok := p.sched.Peek(); ok {
			next = min(next, p.begin+a.At)
		}
	}
	if p.changing {
		next = min(next, p.begin+p.change.At)
	}
	return next
}

// censor ends what is open when nobody waits any longer, and what rests.
func (l *Loop) censor() {
	l.fresh = false
	now := l.clock()
	for i := range l.tasks.used {
		t := l.tasks.at(i)
		if t.state == unused {
			continue
		}
		p := l.phases[t.phase]
		if t.state.open() {
			s := l.startSample(i, t, p, now)
			s.Class = stats.Censored
			l.record(s, nil)
		}
		if t.begun {
			l.recorder.Iteration(p.index, stats.IterAborted)
		}
		*t = task{conn: none, seat: none}
	}
	l.seats = slab[seat]{}
	for _, p := range l.phases {
		p.fresh, p.going = emptyQueue, emptyQueue
		p.inFlight, p.iterations, p.users = 0, 0, 0
		if p.state == running || p.state == draining {
			p.state = done
			l.tell(Output{Phase: &PhaseEvent{Phase: p.index, State: Drained, At: now}})
		}
	}
}

// closeAll ends every connection.
func (l *Loop) closeAll() {
	for i := range l.conns.used {
		if c := l.conns.at(i); c.state != closed {
			c.task = none
			l.forget(c)
			l.closeConn(i, c)
		}
	}
}
