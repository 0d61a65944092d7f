package loop

import (
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A slowness is what a loop knows of a connection whose user has a slow network. Bytes
// pass in pieces, a tenth of a second's worth each, by timers: what has come and is
// not read stays in the kernel, whose buffer is small, so that the target feels it.
type slowness struct {
	in, out         float64      // bytes a second of the request at hand; 0 = as fast as it goes
	readAt, writeAt stats.Offset // when the next piece may pass
	reads, writes   stats.Offset // the timer that is set for it; 0 = none is
}

const pieceOf = 100 * time.Millisecond

// pollerKind is the poller a loop asks for. io_uring receives by itself whatever
// comes, so that nobody could read slowly over it.
func (l *Loop) pollerKind() string {
	slow := slices.ContainsFunc(l.phases, func(p *phase) bool { return p.slow })
	if slow && runtime.GOOS == "linux" {
		return PollerEpoll
	}
	return l.config.Poller
}

// slowDown takes over how fast a request is written and its answer read, and says
// whether writing is slow. A held connection may have carried a slow user's request
// before that of a fast one.
func (l *Loop) slowDown(ci int32, c *conn, step *scenarios.Step) bool {
	s := l.slow[ci]
	switch {
	case !c.slow && !step.Network.Slow():
		return false
	case !c.slow:
		if l.slow == nil {
			l.slow = map[int32]*slowness{}
		}
		s = new(slowness)
		c.slow, l.slow[ci] = true, s
	}
	s.in, s.out = step.Network.ReadRate, step.Network.WriteRate
	return s.out > 0
}

// piece is how many bytes pass at once.
func piece(rate float64, most int) int {
	return max(1, min(most, int(rate*pieceOf.Seconds())))
}

// after is when the next piece may pass after one of n bytes. What a timer was late by
// is made up for, a rest is not.
func (l *Loop) after(at stats.Offset, n int, rate float64) stats.Offset {
	return max(at, l.now-pieceOf/2) + stats.Offset(float64(n)/rate*float64(time.Second))
}

// writeSlowly keeps what can be written of a request and sends its first piece. A body
// that has to wait, or is streamed, follows.
func (l *Loop) writeSlowly(i int32, t *task, ci int32, c *conn, now []byte) {
	body, gen := l.out[len(now):], c.gen
	if c.tls == none {
		l.keepUnsent(c, now)
	} else {
		l.keepUnsent(c, nil) // what TLS has to send goes behind it
		t.bytesOut += int32(len(now))
		if errno := l.encrypt(c, now); errno != 0 {
			l.cutShort(i, t, errno)
			return
		}
	}
	l.arm(i, t)
	if x := l.step(t).Extra; x != nil {
		l.sendBody(i, ci, c, x, body)
	}
	if c.gen == gen && c.out != none {
		l.writePiece(ci, c, l.slow[ci])
	}
}

// writePiece sends the next piece of a request if it may pass by now.
func (l *Loop) writePiece(ci int32, c *conn, s *slowness) {
	u := l.unsent.at(c.out)
	switch {
	case l.clock() < s.writeAt:
		l.setPiece(&s.writes, s.writeAt, ci, c, writeOn)
		return
	case len(u.bytes) == 0 && u.until != 0:
		return // the target is to say that it wants the body
	case len(u.bytes) == 0 && u.left == 0:
		l.dropUnsent(c)
		return
	case len(u.bytes) == 0 && !l.refill(ci, c, u, s):
		return
	}
	n, errno := l.poller.send(c.fd, u.bytes[:piece(s.out, len(u.bytes))])
	l.fresh = false
	switch {
	case errno == syscall.EAGAIN:
		return // it will be told when there is room
	case errno != 0:
		l.stoppedTaking(ci, c, errno)
		return
	case c.tls == none:
		l.tasks.at(c.task).bytesOut += int32(n)
	}
	u.bytes = u.bytes[n:]
	s.writeAt = l.after(s.writeAt, n, s.out)
	if len(u.bytes) == 0 && u.until == 0 && u.left == 0 {
		l.dropUnsent(c)
		return
	}
	l.setPiece(&s.writes, s.writeAt, ci, c, writeOn)
}

// refill takes the next piece of a streamed body; false when there is none, and the
// request has ended.
func (l *Loop) refill(ci int32, c *conn, u *unsent, s *slowness) bool {
	if u.at == 0 && u.file != nil && !u.unchanged() {
		l.fileFailed(c, fileChanged)
		return false
	}
	b, err := l.piece(u)
	if err != "" {
		l.fileFailed(c, err)
		return false
	}
	b = b[:piece(s.out, len(b))]
	u.at, u.left = u.at+int64(len(b)), u.left-int64(len(b))
	if c.tls == none {
		l.keep(u, b) // nothing is left of the piece before
		return true
	}
	if errno := l.encrypt(c, b); errno != 0 {
		l.snapped(ci, c, errno)
		return false
	}
	l.aids.of[c.task].streamed += int64(len(b))
	return true
}

// setPiece sets a timer unless one is set.
func (l *Loop) setPiece(timerAt *stats.Offset, at stats.Offset, ci int32, c *conn, kind timerKind) {
	if *timerAt != 0 {
		return
	}
	*timerAt = at
	l.timers.add(timer{at: at, index: ci, stamp: uint16(c.gen), kind: kind})
}

// pieceDue is where such a timer fires.
func (l *Loop) pieceDue(t timer) {
	c := l.conns.at(t.index)
	if uint16(c.gen) != t.stamp || c.state != established || !c.slow {
		return
	}
	s := l.slow[t.index]
	switch {
	case t.kind == readOn && s.reads == t.at:
		s.reads = 0
		l.read(t.index, c, c.gen, true)
	case t.kind == writeOn && s.writes == t.at:
		s.writes = 0
		if c.out != none {
			l.writeRest(t.index, c)
		}
	}
}

// readsSlowly takes up what has come on a slow connection, if its answer is read
// slowly.
func (l *Loop) readsSlowly(i int32, c *conn) bool {
	s := l.slow[i]
	if s.in == 0 || !l.awaits(c) {
		return false
	}
	l.readPiece(i, c, s)
	return true
}

// readPiece reads what may pass by now, piece by piece. The kernel tells of bytes once,
// when they come, so that more is looked for without being told: by a timer, or at once
// when the answer has ended.
func (l *Loop) readPiece(i int32, c *conn, s *slowness) {
	for gen := c.gen; c.gen == gen; {
		switch {
		case s.in == 0 || !l.awaits(c):
			l.read(i, c, gen, true)
			return
		case l.clock() < s.readAt:
			l.setPiece(&s.reads, s.readAt, i, c, readOn)
			return
		case !l.receivePiece(i, c, s):
			return
		}
	}
}

// receivePiece is false when there is no more to be had.
func (l *Loop) receivePiece(i int32, c *conn, s *slowness) bool {
	n, _, errno := l.poller.recv(c.fd, l.in[:piece(s.in, len(l.in))])
	l.fresh = false
	l.clock()
	switch {
	case errno == syscall.EAGAIN:
		return false // it will be told when more comes
	case errno != 0:
		l.snapped(i, c, errno)
		return false
	case n == 0 && c.tls != none:
		l.cutOff(i, c)
		return false
	case n == 0:
		l.farewell(i, c)
		return false
	}
	s.readAt = l.after(s.readAt, n, s.in)
	if c.tls != none {
		l.decrypt(i, c, l.in[:n], l.now)
	} else {
		l.received(i, c, l.in[:n], l.now)
	}
	return true
}
