package loop

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// A privacy is what a loop has for TLS; config is nil with a target of plain HTTP,
// and then nothing else is used.
type privacy struct {
	config  *tls.Config
	tunnels lender[tunnel]
	queue   []uint64 // connections whose handshake can go on, in order
	plain   []byte   // shared: what was decrypted
	cipher  []byte   // shared: what is to be sent; empty between calls
	told    map[string]bool
	settled bool // it is known which keys the target exchanges
}

// shakeFor bounds how long handshakes go on before the loop looks after the rest: one
// takes as long as a hundred requests, and hundreds may be ready at once.
const shakeFor = 500 * time.Microsecond

// newPrivacy gives each loop sessions of its own: nothing is shared between threads.
func newPrivacy(c *Config) privacy {
	if c.TLS == nil {
		return privacy{}
	}
	config := c.TLS.Clone()
	if t := c.Scenario.Target.TLS; t != nil && t.Resume {
		config.ClientSessionCache = &session{}
	} else {
		config.SessionTicketsDisabled = true
	}
	return privacy{config: config, plain: make([]byte, readBuffer+maxRecord), told: map[string]bool{}}
}

// A session is the newest that the target gave: there is one target, and a session
// may be taken up any number of times.
type session struct{ newest *tls.ClientSessionState }

// Get gives the session whatever the key, which names the target.
func (s *session) Get(string) (*tls.ClientSessionState, bool) { return s.newest, s.newest != nil }

// Put takes a newer session, or nil when the one there is was refused.
func (s *session) Put(_ string, c *tls.ClientSessionState) { s.newest = c }

// secure begins the handshake of a connection that TCP has opened.
func (l *Loop) secure(i int32, c *conn) {
	var t *tunnel
	c.tls, t = l.tls.tunnels.lend()
	t.open(func(p net.Conn) *tls.Conn { return tls.Client(p, l.tls.config) }, &l.tls.cipher)
	t.began = l.now
	l.shakeSoon(i, c)
}

// shakeSoon puts a connection in the queue of those whose handshake can go on.
func (l *Loop) shakeSoon(i int32, c *conn) {
	if t := l.tls.tunnels.at(c.tls); !t.due {
		t.due = true
		l.tls.queue = append(l.tls.queue, ref(i, c.gen))
	}
}

// shake goes on with handshakes, for a while.
func (l *Loop) shake() {
	if len(l.tls.queue) == 0 {
		return
	}
	l.poller.flush()
	n, until := 0, l.poller.now()+int64(shakeFor)
	for n < len(l.tls.queue) && (n == 0 || l.poller.now() < until) {
		r := l.tls.queue[n]
		n++
		i := int32(uint32(r))
		if c := l.conns.at(i); c.gen == uint32(r>>32) && c.state == connecting {
			l.shakeOne(i, c, l.tls.tunnels.at(c.tls))
		}
	}
	l.tls.queue = l.tls.queue[:copy(l.tls.queue, l.tls.queue[n:])]
}

// shakeOne goes on with one handshake until it ends or needs bytes that have not
// come.
func (l *Loop) shakeOne(i int32, c *conn, t *tunnel) {
	t.due = false
	errno := l.sendRest(c)
	if errno == 0 && t.pipe.await == nil {
		errno = l.shakeWith(c, t, nil) // its first message needs none
	}
	for errno == 0 && !t.done {
		var n int
		n, _, errno = l.poller.recv(c.fd, l.in)
		switch {
		case errno == 0 && n == 0:
			l.dialFailed(i, c, secure.Closed, "")
			return
		case errno == 0:
			errno = l.shakeWith(c, t, l.in[:n])
		}
	}
	l.fresh = false
	l.clock()
	switch {
	case errno == syscall.EAGAIN:
	case errno != 0:
		l.dialBroke(i, c, errno)
	case t.err != nil:
		kind, detail := secure.Fault(t.err)
		l.dialFailed(i, c, kind, detail)
	default:
		l.secured(i, c, t)
	}
}

// shakeWith goes on with a handshake and sends what it has to say. An error of the
// handshake itself comes before one of sending.
func (l *Loop) shakeWith(c *conn, t *tunnel, b []byte) syscall.Errno {
	t.shake(b)
	errno := l.flush(c)
	if t.done && t.err != nil {
		return 0
	}
	return errno
}

// secured takes a connection whose handshake has ended into use. Bytes may have come
// behind it already, such as tickets of a session.
func (l *Loop) secured(i int32, c *conn, t *tunnel) {
	gen, rest := c.gen, t.pipe.in
	state := t.conn.ConnectionState()
	l.recorder.Secured(int(c.phase), l.now-t.began, state.DidResume)
	l.tls.settle(state.CurveID)
	l.opened(i, c, l.now-c.began)
	if c.gen == gen && len(rest) > 0 {
		l.decrypt(i, c, rest, l.now)
	}
	if c.gen == gen {
		l.read(i, c, gen, true)
	}
}

// settle has later handshakes do without the key exchanges that resist quantum
// computers, if the target chose another in the first: their keys are a third of the
// work and are made in vain.
func (p *privacy) settle(chosen tls.CurveID) {
	if p.settled {
		return
	}
	p.settled = true
	if plain := []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}; slices.Contains(plain, chosen) {
		p.config = p.config.Clone()
		p.config.CurvePreferences = plain
	}
}

// encrypt seals a request and sends what the socket takes; the rest is kept.
func (l *Loop) encrypt(c *conn, b []byte) syscall.Errno {
	if _, err := l.tls.tunnels.at(c.tls).conn.Write(b); err != nil {
		return syscall.EPIPE // it has sent its farewell or an alert
	}
	return l.flush(c)
}

// flush sends what TLS has to say, behind what is unsent already.
func (l *Loop) flush(c *conn) syscall.Errno {
	b := l.tls.cipher
	l.tls.cipher = b[:0]
	if len(b) == 0 {
		return 0
	}
	if c.out != none {
		u := l.unsent.at(c.out)
		l.keep(u, b)
		if u.until != 0 {
			return l.sendRest(c) // a body waits, and nothing else would send it
		}
		return 0
	}
	n, errno := l.poller.send(c.fd, b)
	l.fresh = false
	if errno == syscall.EAGAIN {
		n, errno = 0, 0
	}
	if errno == 0 && n < len(b) {
		l.keepUnsent(c, b[n:])
	}
	return errno
}

// decrypt takes bytes that came on a secured connection: all that they hold is one
// piece to the parser, however many records it was.
func (l *Loop) decrypt(ci int32, c *conn, b []byte, at stats.Offset) {
	gen := c.gen
	n, err := l.tls.tunnels.at(c.tls).read(b, l.tls.plain)
	errno := l.flush(c) // the answer to a change of keys, or an alert
	if n > 0 {
		l.received(ci, c, l.tls.plain[:n], at)
	}
	switch {
	case c.gen != gen:
	case errors.Is(err, io.EOF):
		l.farewell(ci, c)
	case err != nil:
		kind, detail := secure.Fault(err)
		l.broken(ci, c, kind, detail)
	case errno != 0:
		l.snapped(ci, c, errno)
	default:
		l.crowdedOut(c) // by what TLS has to say to a target that does not listen
	}
}

// cutOff is the end of a stream without the farewell that TLS has: anybody on the way
// could have ended it, so that it is no end of an answer.
func (l *Loop) cutOff(ci int32, c *conn) {
	if l.awaits(c) {
		t := l.tasks.at(c.task)
		if done, _ := l.parserOf(c, t).EOF(); done {
			l.fail(c.task, t, stats.ConnError, secure.Truncated, l.clock())
			return
		}
	}
	l.farewell(ci, c)
}

// dropTunnel ends the TLS of a connection, with a farewell where it is heard.
func (l *Loop) dropTunnel(c *conn, abort bool) {
	if c.tls == none {
		return
	}
	t := l.tls.tunnels.at(c.tls)
	if c.state == established && !abort && c.out == none {
		_ = t.conn.CloseWrite()
		_ = l.flush(c)
	}
	t.close()
	l.tls.cipher = l.tls.cipher[:0]
	l.tls.tunnels.giveBack(c.tls)
	c.tls = none
}

// tellFault says once for each kind why held connections cannot be opened: no request
// waits for them that could fail for it. All loops say it in the same words, so that
// it is listed once.
func (l *Loop) tellFault(c *conn, kind string) {
	if c.tls == none || l.tls.told[kind] {
		return
	}
	l.tls.told[kind] = true
	l.tell(Output{Notice: &Notice{
		At: l.now, Level: stats.Warning, Kind: "note",
		Text: fmt.Sprintf("phase %s: connections cannot be opened: %s", l.phases[c.phase].spec.Name, kind),
	}})
}
