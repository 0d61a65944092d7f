package loop

import (
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// An inner is the server's end of a socket of a world over TLS: the same tunnel the
// other way round, with its crypto done in no time.
type inner struct {
	tunnel tunnel
	out    []byte
	come   []byte // of it, to the loop's end
	plain  []byte
}

func (s *socket) secure(config *tls.Config) {
	s.inner = &inner{plain: make([]byte, 128<<10)}
	s.inner.tunnel.open(func(p net.Conn) *tls.Conn { return tls.Server(p, config) }, &s.inner.out)
}

// unseal takes what the loop has sent, lets the server's part of a handshake be on its
// way, and gives what is for HTTP.
func (w *world) unseal(s *socket, b []byte) []byte {
	t := &s.inner.tunnel
	if !t.done {
		t.shake(b)
		flight := string(s.inner.take())
		if w.target.silent {
			return nil
		}
		w.at(w.clock+int64(time.Millisecond), func() { w.arriveSealed(s, flight, false, false) })
		if b = t.pipe.in; !t.done || len(b) == 0 {
			return nil
		}
	}
	n, _ := t.read(b, s.inner.plain)
	return s.inner.plain[:n]
}

// seal encrypts a piece of an answer, with the farewell where the stream ends.
func (s *socket) seal(b string, eof bool) string {
	if !s.inner.tunnel.done || s.inner.tunnel.conn == nil {
		return "" // closed meanwhile, or not open yet
	}
	_, _ = s.inner.tunnel.conn.Write([]byte(b))
	if eof {
		_ = s.inner.tunnel.conn.CloseWrite()
	}
	return string(s.inner.take())
}

func (i *inner) take() []byte {
	b := i.out
	i.out = nil
	return b
}

// worldTLS is the configuration of the world's server.
func worldTLS() *tls.Config { return withCertificate(trusted().issue(nil)) }

// drawTLS has a target of properties speak TLS, now and then badly.
func drawTLS(t *rapid.T, to *target) func(*Config) {
	to.tls = propertyTLS()
	to.silent = rapid.IntRange(0, 9).Draw(t, "silent") == 0
	client := clientConfig()
	if rapid.IntRange(0, 9).Draw(t, "distrusted") == 0 {
		client.RootCAs = nil
	}
	return func(c *Config) { c.TLS = client }
}

var propertyTLS = sync.OnceValue(worldTLS)

const openTLS = `
version: 1
name: open
target: {base_url: "https://127.0.0.1:1", tls: {ca_file: ca.pem}}
users:
  u: {tasks: {get: {steps: [{get: /x, check: [{body: {contains: hello}}]}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 200/s, duration: 60s, arrivals: uniform}
`

// TestTimesOfTLS: a minute of load on a target whose every step takes 1 ms. What was
// spent on opening a connection is told apart, and is no waiting for one.
func TestTimesOfTLS(t *testing.T) {
	s := parse(t, openTLS)
	w := newWorld(target{tls: worldTLS(), dial: func(int) (time.Duration, syscall.Errno) { return time.Millisecond, 0 },
		answer: func(r request) reply {
			return reply{after: time.Millisecond, pieces: 1 + r.n%3, gap: 10 * time.Microsecond, close: r.n == 99, bytes: helloReply}
		}})
	got := stage(t, s, w, func(c *Config) { overTLS(t, s)(c); c.Pacing = "precise" }).run(t, Begin{}, Drain{At: time.Minute, Deadline: 2 * time.Minute})
	got.checkIdentity(t, s)
	c, p := got.cell(t, s, "load", "/x"), &got.total.Phases[0]
	if c.Intended != 12_000 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("intended %d, classes %v, errors %+v", c.Intended, c.Classes, got.total.Errors)
	}
	if p.TLSHandshakes < 100 || p.TLSHandshakes != p.ConnOpened || p.TLSResumed != p.TLSHandshakes-1 {
		t.Errorf("%d connections, %d handshakes, %d resumed", p.ConnOpened, p.TLSHandshakes, p.TLSResumed)
	}
	for name, h := range map[string]*stats.Histogram{"connect": p.Connect, "handshake": p.TLS} {
		if at := h.Percentile(50); at < 990*time.Microsecond || at > 1020*time.Microsecond {
			t.Errorf("%s took %v, want 1ms", name, at)
		}
	}
	if most := c.Response.Percentile(100); most < 3*time.Millisecond || most > 3100*time.Microsecond {
		t.Errorf("the slowest response took %v, want 3ms with its connection", most)
	}
	if most := p.PoolWait.Percentile(100); most > 100*time.Microsecond {
		t.Errorf("waiting for a connection took %v", most)
	}
}

// TestConnectTimeoutCoversTLS: from the beginning of TCP to the end of the handshake.
func TestConnectTimeoutCoversTLS(t *testing.T) {
	s := parse(t, openTLS)
	w := newWorld(target{tls: worldTLS(), silent: true, dial: func(int) (time.Duration, syscall.Errno) { return 2 * time.Second, 0 }})
	got := stage(t, s, w, overTLS(t, s)).run(t, Begin{}, Drain{At: time.Second, Deadline: time.Minute})
	got.checkIdentity(t, s)
	c := got.cell(t, s, "load", "/x")
	if c.Classes[stats.ConnError] != 200 || c.Failed.Min() < 3*time.Second || c.Failed.Max() > 3010*time.Millisecond {
		t.Errorf("classes %v after %v to %v", c.Classes, c.Failed.Min(), c.Failed.Max())
	}
	if e := got.total.Errors; len(e) != 1 || e[0].Kind != secure.TimedOut {
		t.Errorf("errors %+v", e)
	}
	if p := &got.total.Phases[0]; p.ConnOpened != 0 || p.TLSHandshakes != 0 || p.Connect.Count() != 200 {
		t.Errorf("%d opened, %d handshakes, %d connects", p.ConnOpened, p.TLSHandshakes, p.Connect.Count())
	}
}

// TestStoppedInHandshakes: handshakes that will never end leave nothing behind.
func TestStoppedInHandshakes(t *testing.T) {
	s := parse(t, openTLS)
	w := newWorld(target{tls: worldTLS(), silent: true})
	p := stage(t, s, w, overTLS(t, s))
	w.at(int64(time.Second), func() { p.loop.Do(Stop{}) })
	got := p.run(t, Begin{})
	got.checkIdentity(t, s)
	if n := len(p.loop.tls.tunnels.all) - len(p.loop.tls.tunnels.free); n != 0 {
		t.Errorf("%d tunnels left", n)
	}
	if c := got.cell(t, s, "load", "/x"); c.Classes[stats.Censored] != c.Intended || c.Intended < 190 {
		t.Errorf("intended %d, classes %v", c.Intended, c.Classes)
	}
}

// TestHeldFaultIsTold: no request fails for a connection that is only held, so the
// reason is said beside the count.
func TestHeldFaultIsTold(t *testing.T) {
	s := parse(t, `
version: 1
name: held
target: {base_url: "https://127.0.0.1:1", tls: {ca_file: ca.pem}}
users:
  u: {tasks: {beat: {steps: [{get: /beat}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: 5, hold: 1s}
`)
	w := newWorld(target{tls: withCertificate(strange().issue(nil))})
	got := stage(t, s, w, overTLS(t, s)).run(t, Begin{}, End{At: 2500 * time.Millisecond}, Drain{At: 2500 * time.Millisecond, Deadline: 3 * time.Second})
	if n := got.total.Phases[0].ConnFailed; n != 5 {
		t.Errorf("%d failed", n)
	}
	if len(got.notices) != 1 || !strings.Contains(got.notices[0].Text, "phase hold: connections cannot be opened: "+secure.Unknown) {
		t.Errorf("notices %+v", got.notices)
	}
}

// A slowClock is a world in which looking at the clock takes as long as a handshake.
type slowClock struct{ *world }

func (w slowClock) now() int64 {
	w.clock += int64(100 * time.Microsecond)
	return w.clock
}

// TestHandshakesTakeTurns: with many handshakes ready at once the loop comes back to
// what else is due after a bounded time, and goes on with them without waiting.
func TestHandshakesTakeTurns(t *testing.T) {
	s := parse(t, openTLS)
	w := newWorld(target{tls: worldTLS()})
	p := stage(t, s, w, func(c *Config) { overTLS(t, s)(c); c.poller = slowClock{w} })
	l := p.loop
	l.started = true
	for range 100 {
		i, c, errno := l.dial(l.phases[0], none, none)
		if errno != 0 {
			t.Fatal(errno)
		}
		l.secure(i, c)
	}
	for turns := 1; len(l.tls.queue) > 0; turns++ {
		if _, asleep := l.nap(); asleep {
			t.Fatal("the loop sleeps on handshakes that can go on")
		}
		before := len(l.tls.queue)
		l.shake()
		if n := before - len(l.tls.queue); n < 1 || n > 5 {
			t.Fatalf("%d handshakes in turn %d, each of 100 µs", n, turns)
		}
	}
	l.closeAll()
}
