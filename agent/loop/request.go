package loop

import (
	"syscall"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// due takes up a request and finds it a connection.
func (l *Loop) due(i int32, t *task, p *phase, step *scenarios.Step, at stats.Offset) {
	l.intend(t, p, step, at)
	if t.conn != none {
		l.use(i, t, t.conn, l.conns.at(t.conn))
		return
	}
	l.acquire(i, t, p)
}

// intend is where a request is intended: it is counted here and nowhere else. Its
// time-out runs from now and not from when it was meant to start: the generator's
// own lateness must not turn answers into time-outs of the target.
func (l *Loop) intend(t *task, p *phase, step *scenarios.Step, at stats.Offset) {
	l.recorder.Intend(l.cell(t, p, step))
	t.intended, t.scheduled = at, l.clock()
	t.connected, t.written, t.firstByte = stats.Never, stats.Never, stats.Never
	t.connectTime, t.bytesIn, t.bytesOut, t.reused, t.hops = 0, 0, 0, false, 0
	t.deadline = t.scheduled + step.Timeout
	l.pace.count()
}

// cell is the row a task's request is recorded in.
func (l *Loop) cell(t *task, p *phase, step *scenarios.Step) int {
	if t.kind == beating {
		return p.spec.HeartbeatCell
	}
	return step.Cells[p.index]
}

// acquire finds a connection, or lets the request wait for one. Nobody overtakes.
func (l *Loop) acquire(i int32, t *task, p *phase) {
	if p.fresh.head == none && p.going.head == none && (p.limit == 0 || p.iterations <= p.limit) {
		if c := l.takeIdle(p.pool); c != none {
			l.use(i, t, c, l.conns.at(c))
			return
		}
	}
	t.state = queued
	l.enqueue(p.queueOf(t), i)
	l.unserved = true
}

// use sends a request on an open connection.
func (l *Loop) use(i int32, t *task, ci int32, c *conn) {
	p := l.phases[t.phase]
	if l.clock() >= t.deadline {
		if c.task == none && !p.pool.owned {
			l.putIdle(p.pool, ci, c)
		}
		l.notAsked(i, t)
		return
	}
	t.conn, c.task = ci, i
	if t.hops == 0 {
		t.reused, t.connected = c.requests > 0, l.now
	}
	p.inFlight++
	l.write(i, t, ci, c)
}

// notAsked ends a request whose time was over when it had its connection.
func (l *Loop) notAsked(i int32, t *task) { l.neverSent(i, t, "") }

// firstUse sends the request for which a connection was opened, unless its time was
// over before the loop, held up, learned that it is open: the target was not asked.
func (l *Loop) firstUse(i int32, t *task, ci int32, c *conn) {
	if l.now < t.deadline {
		l.write(i, t, ci, c)
		return
	}
	l.phases[t.phase].inFlight--
	l.notAsked(i, t)
}

// write builds the request and sends what the socket takes.
func (l *Loop) write(i int32, t *task, ci int32, c *conn) {
	p, step := l.phases[t.phase], l.step(t)
	now := l.build(i, t, step, p.pool.single)
	if t.state = asked; t.hops == 0 {
		t.written = l.clock()
	}
	c.requests = max(c.requests, c.requests+1)
	if t.kind == beating {
		l.recorder.HeartbeatSent(int(t.phase))
	}
	if (p.slow || c.slow) && l.slowDown(ci, c, step) {
		l.writeSlowly(i, t, ci, c, now)
		return
	}
	n, errno := l.put(c, now)
	if errno != 0 {
		l.cutShort(i, t, errno)
		return
	}
	t.bytesOut += int32(n)
	if n < len(now) {
		l.keepUnsent(c, now[n:])
	}
	if l.crowdedOut(c) {
		return
	}
	l.arm(i, t)
	if step.Extra != nil {
		l.sendBody(i, ci, c, step.Extra, l.out[len(now):])
	}
}

// build makes the request in the loop's write buffer, and gives what of it is sent at
// once: a body may have to wait.
func (l *Loop) build(i int32, t *task, step *scenarios.Step, single bool) []byte {
	l.values = t.cursor.Values()
	held := 0
	switch {
	case step.Extra != nil:
		held = l.appendExtra(i, t, step, single)
	case single:
		l.out = step.AppendClosing(l.out[:0], &l.values)
	default:
		l.out = step.AppendRequest(l.out[:0], &l.values)
	}
	return l.out[:len(l.out)-held]
}

// put sends what the socket takes; over TLS all of it is taken up.
func (l *Loop) put(c *conn, b []byte) (n int, errno syscall.Errno) {
	if c.tls != none {
		n, errno = len(b), l.encrypt(c, b)
	} else {
		n, errno = l.poller.send(c.fd, b)
	}
	l.fresh = false
	if errno == syscall.EAGAIN {
		return 0, 0
	}
	return n, errno
}

func (l *Loop) step(t *task) *scenarios.Step {
	p := l.phases[t.phase]
	return t.cursor.Step(p.user)
}

// arm sees to it that a timer fires at the deadline or before. One that fires
// early is set again, so that most requests set none at all.
func (l *Loop) arm(i int32, t *task) { l.armAt(i, t, t.deadline) }

// armAt is arm for a task that may have to act before its deadline.
func (l *Loop) armAt(i int32, t *task, at stats.Offset) {
	if t.armed > l.now && t.armed <= at {
		return
	}
	t.armed = at
	l.timers.add(timer{at: at, index: i, kind: taskDeadline})
}

// pastDeadline is where such a timer fires.
func (l *Loop) pastDeadline(i int32, at stats.Offset) {
	t := l.tasks.at(i)
	if t.armed != at {
		return // an earlier one was set since
	}
	t.armed = 0
	switch {
	case t.state == queued && t.seat != none:
		l.pastPatience(i, t)
	case t.state != asked && t.state != dialing:
	case t.deadline > l.now:
		l.arm(i, t)
	case t.state == dialing && !l.stillConnects(t.conn, l.conns.at(t.conn)):
	default:
		l.fail(i, t, stats.Timeout, kindTimeout, l.now)
	}
}

func (l *Loop) keepUnsent(c *conn, b []byte) { l.keep(l.unsentOf(c), b) }

// writeRest goes on with a request once the socket takes more.
func (l *Loop) writeRest(ci int32, c *conn) {
	if l.takesNoMore(c) != 0 {
		return
	}
	if c.slow && l.slow[ci].out > 0 {
		l.writePiece(ci, c, l.slow[ci])
		return
	}
	switch errno := l.sendRest(c); {
	case errno == syscall.EAGAIN:
	case errno != 0:
		l.stoppedTaking(ci, c, errno)
	case c.out != none && l.unsent.at(c.out).until == 0:
		l.stream(ci, c, l.unsent.at(c.out))
	}
}

// sendRest sends what was kept of a request, or of a TLS handshake. Bytes of requests
// are counted as HTTP has them: with TLS they were when they were encrypted.
func (l *Loop) sendRest(c *conn) syscall.Errno {
	if c.out == none {
		return 0
	}
	u := l.unsent.at(c.out)
	for len(u.bytes) > 0 {
		n, errno := l.poller.send(c.fd, u.bytes)
		l.fresh = false
		if errno != 0 {
			return errno
		}
		if c.tls == none {
			l.tasks.at(c.task).bytesOut += int32(n)
		}
		u.bytes = u.bytes[n:]
	}
	if u.until == 0 && u.left == 0 {
		l.dropUnsent(c)
	}
	return 0
}

func (l *Loop) dropUnsent(c *conn) {
	if c.out != none {
		l.unkeep(l.unsent.at(c.out))
		l.unsent.giveBack(c.out)
		c.out = none
	}
}

// A lender has things that few connections need at a time.
type lender[T any] struct {
	all  []*T
	free []int32
}

func (p *lender[T]) at(i int32) *T { return p.all[i] }

func (p *lender[T]) lend() (int32, *T) {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return i, p.all[i]
	}
	p.all = append(p.all, new(T))
	return int32(len(p.all) - 1), p.all[len(p.all)-1]
}

func (p *lender[T]) giveBack(i int32) { p.free = append(p.free, i) }
