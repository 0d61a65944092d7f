package loop

import (
	"net/netip"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// restAfterFailure is how long a closed user rests when it could not connect, or
// when a connection it had opened broke before the first answer: it makes at most
// ten attempts a second, and a target that is gone or broken is not flooded.
const restAfterFailure = 100 * time.Millisecond

// dialFor opens a connection for a task at the head of its queue. It gives false
// when this machine can open no more and the task has gone back to wait. The connection
// is the pool's, and so that of the phase which owns it.
func (l *Loop) dialFor(i int32, t *task) bool {
	p := l.phases[t.phase]
	ci, _, errno := l.dial(p.pool.owner, i, none)
	t.notBefore = 0
	switch {
	case errno == 0:
		t.state, t.conn = dialing, ci
		p.inFlight++
		l.arm(i, t)
	case isLimit(errno):
		return l.dialLimited(i, t, p, errno)
	default:
		t.notBefore = l.now + restAfterFailure
		p.inFlight++
		l.cutShort(i, t, errno)
	}
	return true
}

// dialLimited is what happens when the machine has no more files, ports or
// buffers: wait for the connections there are, or give up.
func (l *Loop) dialLimited(i int32, t *task, p *phase, errno syscall.Errno) bool {
	l.limited(limitText(errno))
	switch {
	case limitText(errno) == kindPorts:
		l.restPool(p.pool)
	case p.pool.owner.connections > 0 && !p.pool.owned:
		p.pool.limit, p.pool.limitedBy = p.pool.owner.connections, limitText(errno)
	default:
		t.notBefore = l.now + restAfterFailure
		l.neverSent(i, t, limitText(errno))
		return true
	}
	l.putBack(p.queueOf(t), i)
	return false
}

// dial begins to open a connection of a phase: for a task, or for a place among
// the held ones.
func (l *Loop) dial(p *phase, ti, place int32) (int32, *conn, syscall.Errno) {
	i, c := l.conns.take()
	gen := c.gen + 1
	if l.narrow != p.own.narrow {
		l.narrow = p.own.narrow
		l.poller.narrow(l.narrow)
	}
	fd, errno := l.connect(ref(i, gen))
	l.fresh = false
	l.clock()
	if errno != 0 {
		l.conns.give(i)
		return none, nil, errno
	}
	*c = conn{
		began: l.now, fd: fd, gen: gen, task: ti, parser: none, out: none,
		next: none, prev: none, place: place, tls: none, phase: int16(p.index), state: connecting,
	}
	l.dialing++
	p.connecting++
	until := l.now + l.config.Scenario.HTTP.ConnectTimeout
	l.timers.add(timer{at: until, index: i, stamp: uint16(gen), kind: connectTimeout})
	return i, c, 0
}

// connectsUntil says whether a connection is the one a timer was set for, and still
// being opened. Its moment belongs to that: under churn a stamp comes again while
// timers that bear it wait.
func (l *Loop) connectsUntil(c *conn, t timer) bool {
	return c.state == connecting && uint16(c.gen) == t.stamp && c.began+l.config.Scenario.HTTP.ConnectTimeout == t.at
}

// connect takes pairs of address and source in turn, every one of them: each has
// ports of its own. A pair without free ports is passed over.
func (l *Loop) connect(ref uint64) (fd int32, errno syscall.Errno) {
	addrs, sources := l.config.Addrs, l.config.Sources
	for range len(addrs) * max(len(sources), 1) {
		l.dials++
		to := addrs[l.dials%len(addrs)]
		var from netip.Addr
		if len(sources) > 0 {
			from = sources[l.dials/len(addrs)%len(sources)]
		}
		if fd, errno = l.poller.connect(ref, from, to); errno != syscall.EADDRNOTAVAIL {
			break
		}
	}
	return fd, errno
}

// dialed is the first event of a connection: TCP has opened it, or could not. With
// TLS it is not open before the handshake has ended.
func (l *Loop) dialed(i int32, c *conn) {
	if errno := l.poller.connected(c.fd); errno != 0 {
		if errno == syscall.EINPROGRESS || errno == syscall.EAGAIN {
			return
		}
		l.dialBroke(i, c, errno)
		return
	}
	took := l.clock() - c.began
	l.recorder.Connect(int(c.phase), took)
	if l.nearest == 0 || took < l.nearest {
		l.nearest = took
	}
	if l.tls.config != nil {
		l.secure(i, c)
		return
	}
	l.opened(i, c, took)
}

// opened takes a connection into use, which it took so long to open.
func (l *Loop) opened(i int32, c *conn, took stats.Offset) {
	p := l.phases[c.phase]
	l.dialing--
	p.connecting--
	l.unserved = true
	c.state = established
	p.connections++
	c.rested = moment(l.now)
	l.recorder.Opened(p.index)
	switch {
	case c.place != none:
		l.heldOpened(i, c, p)
	case c.task != none:
		t := l.tasks.at(c.task)
		if t.hops == 0 {
			t.connectTime, t.connected = took, l.now
		}
		l.firstUse(c.task, t, i, c)
	default:
		l.putIdle(p.own, i, c)
	}
}

// dialFailed gives up one attempt to connect.
func (l *Loop) dialFailed(i int32, c *conn, text, detail string) {
	if c.task == none {
		l.tellFault(c, text)
		l.lose(i, c)
		return
	}
	t := l.tasks.at(c.task)
	t.notBefore = l.clock() + restAfterFailure
	l.failWith(c.task, t, stats.ConnError, text, detail, l.now)
}

// pastConnecting is where the time to connect has passed.
func (l *Loop) pastConnecting(i int32, c *conn) {
	if l.stillConnects(i, c) {
		l.dialFailed(i, c, timedOut(c), "")
	}
}

// stillConnects says whether a connection is still being opened when all that has come
// of its handshake is taken up: it may only have waited for its turn.
func (l *Loop) stillConnects(i int32, c *conn) bool {
	gen := c.gen
	if c.tls != none && l.tls.tunnels.at(c.tls).due {
		l.shakeOne(i, c, l.tls.tunnels.at(c.tls))
	}
	return c.gen == gen && c.state == connecting
}

// timedOut names what a connection that took too long to open was waiting for.
func timedOut(c *conn) string {
	if c.tls != none {
		return secure.TimedOut
	}
	return kindConnectTimeout
}

// dialBroke is an attempt to connect that ended in an error of the system.
func (l *Loop) dialBroke(i int32, c *conn, errno syscall.Errno) {
	if c.task != none {
		l.cutShort(c.task, l.tasks.at(c.task), errno)
		return
	}
	if isLimit(errno) {
		l.limited(limitText(errno))
	} else {
		l.tellFault(c, connError(errno))
	}
	l.lose(i, c)
}

// lose closes a connection that is of no more use. A held one is missed, and a
// heartbeat that waited for it is never sent.
func (l *Loop) lose(i int32, c *conn) { l.loseAs(i, c, stats.EndedFailed) }

func (l *Loop) loseAs(i int32, c *conn, why stats.Ending) {
	p := l.phases[c.phase]
	place, was, beat, began := c.place, c.state, none, c.began
	if !c.idle {
		beat = c.next
	}
	if c.task != none {
		l.tasks.at(c.task).conn = none
	}
	l.closeAs(i, c, l.awaits(c), why)
	if place != none {
		l.heldLost(p, place, was, began)
	}
	if beat != none {
		l.neverSent(beat, l.tasks.at(beat), kindLost)
	}
}

// closeConn ends a connection that is no longer needed and frees all it has borrowed.
func (l *Loop) closeConn(i int32, c *conn) { l.closeAs(i, c, false, stats.EndedDone) }

func (l *Loop) closeAs(i int32, c *conn, abort bool, why stats.Ending) {
	p := l.phases[c.phase]
	if c.state == connecting {
		l.dialing--
		p.connecting--
	} else {
		p.connections--
		if c.place != none {
			p.held--
		}
		abort = l.count(p, c, abort, why)
	}
	l.dropIdle(p.own, c)
	l.dropParser(c)
	l.dropTunnel(c, abort)
	l.dropUnsent(c)
	if c.slow {
		delete(l.slow, i)
	}
	l.poller.close(c.fd, abort)
	l.fresh = false
	c.state, c.task = closed, none
	c.gen++
	l.conns.give(i)
	l.unserved = true
}

// closeBurst connections are closed at a time: seconds must be cut between.
const closeBurst = 256

// closeIdle ends connections of a pool that nobody uses.
func (l *Loop) closeIdle(o *pool) {
	if o.first != none {
		l.poller.flush()
	}
	for range closeBurst {
		i := l.takeIdle(o)
		if i == none {
			return
		}
		c := l.conns.at(i)
		l.forget(c)
		l.closeConn(i, c)
	}
}

// release gives a task's connection back, unless the task owns it.
func (l *Loop) release(t *task) {
	p := l.phases[t.phase]
	if t.conn == none || p.pool.owned {
		return
	}
	i := t.conn
	c := l.conns.at(i)
	t.conn, c.task = none, none
	l.unserved = true
	if c.next != none {
		l.sendWaitingBeat(i, c)
		return
	}
	l.putIdle(l.phases[c.phase].own, i, c)
}
