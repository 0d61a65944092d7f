package loop

import (
	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// issue takes up what schedules say is due, a bounded number at a time: after a
// long stop answers must not wait for all the arrivals that were missed.
func (l *Loop) issue() {
	room := maxBurst
	for _, p := range l.phases {
		if p.state == running && !l.paused {
			room = l.issueArrivals(p, l.now, room)
			l.issueUsers(p, l.now)
		}
		if p.state == running && p.hold != nil {
			l.dialHeld(p)
		}
	}
	l.behind = room == 0
}

// issueAll takes up everything due by now.
func (l *Loop) issueAll() {
	if !l.paused {
		l.issueUntil(l.now)
	}
}

func (l *Loop) issueUntil(at stats.Offset) {
	for _, p := range l.phases {
		if p.state == running {
			l.issueArrivals(p, at, int(^uint(0)>>1))
			l.issueUsers(p, at)
		}
	}
}

// issuable says whether arrivals due before the phase's end are still to come.
func (l *Loop) issuable(p *phase) bool {
	if p.sched == nil || l.paused {
		return false
	}
	a, ok := p.sched.Peek()
	return ok && p.begin+a.At < p.endAt
}

func (l *Loop) issueArrivals(p *phase, now stats.Offset, room int) int {
	if p.sched == nil {
		return room
	}
	for ; room > 0; room-- {
		a, ok := p.sched.Peek()
		at := p.begin + a.At
		if !ok || at > now || at >= p.endAt {
			break
		}
		p.sched.Next()
		l.arrive(p, a.Index, at)
	}
	return room
}

func (l *Loop) arrive(p *phase, index uint64, at stats.Offset) {
	p.attends.count.Count(l.clock() - l.windowBegin())
	i, t := l.tasks.take()
	t.renew(arriving, p, vu.New(l.config.Seed, p.index, index))
	p.iterations++
	l.beginIteration(i, t, p, at)
}

// renew makes a record ready for another user. Its timers' stamp goes on, so that
// timers of the user before it are not mistaken for its own.
func (t *task) renew(kind taskKind, p *phase, c vu.Cursor) {
	*t = task{
		cursor: c, kind: kind, phase: int16(p.index), conn: none, seat: none,
		stamp: t.stamp, armed: t.armed,
	}
}

func (l *Loop) beginIteration(i int32, t *task, p *phase, at stats.Offset) {
	l.recorder.Iteration(p.index, stats.IterIntended)
	t.begun = true
	l.act(i, t, p, t.cursor.Begin(p.user, at))
}

// act does what a cursor says comes next within an iteration.
func (l *Loop) act(i int32, t *task, p *phase, a vu.Action) {
	switch {
	case p.state != running || t.retiring || a.Kind == vu.Send && l.tooLate(p, a.At):
		l.abort(i, t)
	case a.Kind == vu.Wait:
		l.pauseTask(i, t, a.At)
	case l.waits(a.At):
		t.intended, t.state = a.At, parked
	default:
		l.due(i, t, p, a.Step, a.At)
	}
}

// pauseTask lets a user rest until a moment, which is the intended start of what
// it does then.
func (l *Loop) pauseTask(i int32, t *task, until stats.Offset) {
	t.stamp++
	t.state, t.intended = pausing, until
	l.timers.add(timer{at: until, index: i, stamp: t.stamp, kind: wakeTask})
}

// wake goes on with a user whose rest is over.
func (l *Loop) wake(i int32, t *task) {
	p := l.phases[t.phase]
	switch {
	case l.waits(t.intended):
		t.state = parked
	case p.state != running || t.intended >= p.endAt:
		t.state = pausing // the end of the phase aborts it
	case !t.begun:
		l.beginIteration(i, t, p, t.intended)
	default:
		l.due(i, t, p, t.cursor.Step(p.user), t.intended)
	}
}

// next goes on after a step has ended. at is when it ended.
func (l *Loop) next(i int32, t *task, how vu.Outcome, at stats.Offset) {
	p := l.phases[t.phase]
	if t.kind == beating {
		l.release(t)
		l.dismiss(i, t)
		return
	}
	a := t.cursor.Next(p.user, how, l.ownTime(at))
	switch a.Kind {
	case vu.Complete:
		l.endIteration(i, t, p, stats.IterCompleted, a.At)
	case vu.Abort:
		l.endIteration(i, t, p, stats.IterAborted, a.At)
	default:
		l.release(t)
		l.act(i, t, p, a)
	}
}

// endIteration counts it, and lets a closed user go on to its next.
func (l *Loop) endIteration(i int32, t *task, p *phase, how stats.IterEvent, next stats.Offset) {
	l.recorder.Iteration(p.index, how)
	t.begun = false
	next = max(next, t.notBefore)
	l.release(t)
	switch {
	case t.kind == arriving:
		l.dismiss(i, t)
	case p.state != running || t.retiring || l.tooLate(p, next):
		l.retire(i, t, p)
	case next > l.now:
		l.pauseTask(i, t, next)
	case l.waits(next):
		t.intended, t.state = next, parked
	default:
		l.beginIteration(i, t, p, next)
	}
}

// abort ends a user between two requests.
func (l *Loop) abort(i int32, t *task) {
	p := l.phases[t.phase]
	if t.begun {
		l.recorder.Iteration(p.index, stats.IterAborted)
		t.begun = false
	}
	l.release(t)
	if t.kind == resident {
		l.retire(i, t, p)
		return
	}
	l.dismiss(i, t)
}

// dismiss frees the record of an iteration or heartbeat that has ended, and ends a
// connection it owns.
func (l *Loop) dismiss(i int32, t *task) {
	if t.conn != none {
		l.closeConn(t.conn, l.conns.at(t.conn))
		t.conn = none
	}
	if t.kind == arriving {
		p := l.phases[t.phase]
		p.iterations--
		l.unserved = l.unserved || p.limit > 0
	}
	l.aids.giveBack(i, t)
	t.state = unused
	t.stamp++
	l.tasks.give(i)
}

// retire ends a closed user.
func (l *Loop) retire(i int32, t *task, p *phase) {
	if t.conn != none {
		l.closeConn(t.conn, l.conns.at(t.conn))
		t.conn = none
	}
	p.users--
	if id := t.cursor.ID(); id < uint64(len(p.residents)) && p.residents[id] == i {
		p.residents[id] = none
	}
	l.aids.giveBack(i, t)
	t.state = unused
	t.stamp++
	l.tasks.give(i)
}

// isTight says whether users of a closed phase ask again as soon as they are
// answered, so that a tick would slow them down.
func (l *Loop) isTight(p *phase) bool {
	return p.ramp != nil && p.user.Wait.Kind == scenarios.NoWait
}
