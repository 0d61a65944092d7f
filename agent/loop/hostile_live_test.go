package loop

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// endlessly writes the same until the other side has had enough.
func (c *peer) endlessly(begin, again string, gap time.Duration) {
	c.write(begin)
	for {
		if _, err := c.Conn.Write([]byte(again)); err != nil {
			return
		}
		time.Sleep(gap)
	}
}

// TestHostileLive: the same as in the simulated world, of real sockets.
func TestHostileLive(t *testing.T) {
	lines := strings.Repeat("A: b\r\n", 1000)
	for _, test := range []struct {
		name  string
		serve func(c *peer)
		class stats.Class
		kind  string
	}{
		{"head without end", func(c *peer) { c.endlessly(headOK, lines, 0) }, stats.ConnError, string(http1.ErrHeadSize)},
		{"body without end", func(c *peer) { c.endlessly(headOK+"\r\n", strings.Repeat("x", 100<<10), 5*time.Millisecond) }, stats.Timeout, kindTimeout},
		{"chunk line without end", func(c *peer) { c.endlessly(headOK+"Transfer-Encoding: chunked\r\n\r\n1;", strings.Repeat("e", 500), 0) }, stats.ConnError, string(http1.ErrChunkLine)},
		{"trailers without end", func(c *peer) { c.endlessly(headOK+"Transfer-Encoding: chunked\r\n\r\n0\r\n", lines, 0) }, stats.ConnError, string(http1.ErrTrailer)},
		{"interim answers without end", func(c *peer) { c.endlessly("", "HTTP/1.1 102 Wait\r\n\r\n", 0) }, stats.ConnError, string(http1.ErrInterim)},
		{"a byte at a time", func(c *peer) { c.endlessly(headOK+"\r\n", "x", 10*time.Millisecond) }, stats.Timeout, kindTimeout},
		{"reset in the answer", func(c *peer) { c.write(helloReply[:30]); time.Sleep(2 * time.Millisecond); c.reset() }, stats.ConnError, kindReset},
		{"half-close in the answer", func(c *peer) {
			c.write(helloReply[:40])
			_ = c.Conn.(*net.TCPConn).CloseWrite()
			time.Sleep(50 * time.Millisecond)
		}, stats.ConnError, string(http1.ErrClosedWithin)},
		{"half-close after the answer", func(c *peer) {
			c.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") // else the next request may be under way
			_ = c.Conn.(*net.TCPConn).CloseWrite()
			time.Sleep(50 * time.Millisecond)
		}, stats.OK, ""},
		{"several answers", func(c *peer) { c.write(strings.Repeat(helloReply, 5)) }, stats.OK, ""},
	} {
		for _, poller := range machinePollers(t) {
			t.Run(test.name+" "+poller, func(t *testing.T) {
				t.Parallel()
				s := parse(t, inTime(steps("{get: /x}"), test.class))
				addr := rawServer(t, func(c *peer) {
					if c.request() {
						test.serve(c)
					}
					if test.class == stats.Timeout || test.class == stats.OK {
						_, _ = c.Conn.Read(make([]byte, 1)) // until the loop closes
					}
				})
				got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: 3 * time.Second})
				got.checkIdentity(t, s)
				expect(t, got, test.class, test.kind)
			})
		}
	}
}

// TestFastFloodStarvesNobody: three connections send as fast as they can. Their
// time-outs hold, and the requests of others are answered meanwhile.
func TestFastFloodStarvesNobody(t *testing.T) {
	s := parse(t, `
version: 1
name: flood
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 700ms}
users:
  flood: {tasks: {t: {steps: [{get: /flood}]}}}
  good: {tasks: {t: {steps: [{get: /good}]}}}
phases:
  - {name: flood, executor: constant-arrival-rate, user: flood, rate: 30/s, duration: 100ms, arrivals: uniform}
  - {name: good, executor: constant-arrival-rate, user: good, rate: 50/s, duration: 800ms, arrivals: uniform}
`)
	addr := rawServer(t, func(c *peer) {
		for c.request() {
			if c.path == "/flood" {
				c.endlessly(headOK+"\r\n", strings.Repeat("x", 1<<20), 0)
				return
			}
			c.write(helloReply)
		}
	})
	for _, poller := range machinePollers(t) {
		got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{0, 0}, Begin{1, 0}, Drain{At: time.Second, Deadline: 5 * time.Second})
		got.checkIdentity(t, s)
		got.unfazed(t, s, poller)
	}
}

// unfazed fails unless floods timed out and the others were answered.
func (o *told) unfazed(t *testing.T, s *scenarios.Scenario, poller string) {
	t.Helper()
	flood, good := o.cell(t, s, "flood", "/flood"), o.cell(t, s, "good", "/good")
	if flood.Classes[stats.Timeout] != 3 || flood.Failed.Max() > 1500*time.Millisecond {
		t.Errorf("%s: flood: classes %v after %v, want 3 time-outs of 700 ms", poller, flood.Classes, flood.Failed.Max())
	}
	if good.Classes[stats.OK] != 40 {
		t.Errorf("%s: good: classes %v, want 40 ok", poller, good.Classes)
	}
	t.Logf("%s: %d MB came; the others' response p99 %v", poller, flood.BytesIn>>20, good.Response.Percentile(99))
}

// TestAnswerBeforeTheRequestIsWhole: a target that has seen enough answers, closes,
// and reads no more. Its answer counts, not that the rest found no taker.
func TestAnswerBeforeTheRequestIsWhole(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("y", 4<<20/8)
	s := parse(t, strings.Replace(steps(`{post: /x, body: "`+body+`"}`), "timeout: 200ms", "timeout: 5s", 1))
	addr := rawServer(t, func(c *peer) {
		if c.request() {
			c.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			time.Sleep(20 * time.Millisecond)
		}
	})
	expect(t, run(t, s, addr), stats.HTTPError, "status 413")
}

// TestTLSServerOnAPlainPort: most send an alert, which has a kind of its own; the
// standard library's says it in plain text.
func TestTLSServerOnAPlainPort(t *testing.T) {
	t.Parallel()
	quiet := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	quiet.Config.ErrorLog = log.New(io.Discard, "", 0)
	quiet.StartTLS()
	t.Cleanup(quiet.Close)
	addr := rawServer(t, func(c *peer) {
		if c.request() {
			c.write("\x15\x03\x01\x00\x02\x02\x46") // fatal, protocol version
		}
	})
	s := parse(t, inTime(steps("{get: /x}"), stats.ConnError))
	expect(t, run(t, s, addr), stats.ConnError, string(http1.ErrTLS))
	std := netip.MustParseAddrPort(strings.TrimPrefix(quiet.URL, "https://"))
	expect(t, run(t, s, std), stats.HTTPError, "status 400")
}

// TestTargetThatReturnsLive: a listener that goes and comes back on its port.
func TestTargetThatReturnsLive(t *testing.T) {
	t.Parallel()
	s := parse(t, `
version: 1
name: gone
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 1s, connect_timeout: 500ms}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 4, duration: 1500ms}
`)
	serveOn := func(addr string) *http.Server {
		var ln net.Listener
		var err error
		for range 100 {
			if ln, err = net.Listen("tcp4", addr); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err != nil {
			t.Error(err)
			return &http.Server{}
		}
		srv := &http.Server{Addr: ln.Addr().String(), Handler: http.HandlerFunc(hello)}
		go func() { _ = srv.Serve(ln) }()
		return srv
	}
	first := serveOn("127.0.0.1:0")
	second := make(chan *http.Server, 1)
	time.AfterFunc(400*time.Millisecond, func() {
		first.Close()
		time.Sleep(500 * time.Millisecond)
		second <- serveOn(first.Addr)
	})
	got := live(t, s, netip.MustParseAddrPort(first.Addr), nil, Begin{0, 0}, Drain{At: 1500 * time.Millisecond, Deadline: 5 * time.Second})
	t.Cleanup(func() { (<-second).Close() })
	got.checkIdentity(t, s)
	c := got.cell(t, s, "load", "/x")
	if c.Classes[stats.OK] < 100 || c.Classes[stats.ConnError] == 0 || c.Classes[stats.ConnError] > 4*12 {
		t.Errorf("classes %v: want many ok, and at most ten errors a second and user", c.Classes)
	}
	refused := false
	for _, e := range got.total.Errors {
		refused = refused || e.Kind == kindRefused && e.First > 390*time.Millisecond && e.Last < 1300*time.Millisecond
	}
	if !refused {
		t.Errorf("errors %+v", got.total.Errors)
	}
}
