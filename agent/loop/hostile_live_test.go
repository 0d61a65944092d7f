package loop

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
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
				got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
				got.checkIdentity(t, s)
				expect(t, got, test.class, test.kind)
			})
		}
	}
}

const floods = `
version: 1
name: flood
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 15s}
users:
  flood: {tasks: {t: {steps: [{get: /flood, timeout: %s}]}}}
  good: {tasks: {t: {steps: [{get: /good}]}}}
phases:
  - {name: flood, executor: constant-arrival-rate, user: flood, rate: 30/s, duration: 100ms, arrivals: uniform}
  - {name: good, executor: constant-arrival-rate, user: good, rate: 50/s, duration: 800ms, arrivals: uniform, max_lag: 15s}
`

// TestFastFloodStarvesNobody: three connections send as fast as they can, and end only when the
// requests of all others were answered, each of which came meanwhile. They would wait for the
// end of the floods if these took the loop's time.
func TestFastFloodStarvesNobody(t *testing.T) {
	s := parse(t, fmt.Sprintf(floods, "15s"))
	for _, poller := range machinePollers(t) {
		var flowing sync.WaitGroup
		flowing.Add(3)
		left := new(atomic.Int32)
		left.Store(40)
		addr := rawServer(t, func(c *peer) {
			for c.request() {
				if c.path == "/flood" {
					c.flood(&flowing, left)
					return
				}
				flowing.Wait()
				c.write(helloReply)
				left.Add(-1)
			}
		})
		got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{0, 0}, Begin{1, 0}, Drain{At: time.Second, Deadline: late})
		got.checkIdentity(t, s)
		flood, good := got.cell(t, s, "flood", "/flood"), got.cell(t, s, "good", "/good")
		if flood.Classes[stats.OK] != 3 || good.Classes[stats.OK] != 40 {
			t.Errorf("%s: floods %v, others %v; want 3 and 40 ok", poller, flood.Classes, good.Classes)
		}
		t.Logf("%s: %d MB came", poller, flood.BytesIn>>20)
	}
}

// flood writes as fast as it can until nobody else is left to be answered. It flows when the
// other side has taken more than there is room for.
func (c *peer) flood(flowing *sync.WaitGroup, left *atomic.Int32) {
	flows := sync.OnceFunc(flowing.Done)
	defer flows()
	c.write(headOK + "\r\n")
	much := []byte(strings.Repeat("x", 1<<20))
	for n := 0; left.Load() > 0; n++ {
		if n == 16 {
			flows()
		}
		if _, err := c.Conn.Write(much); err != nil {
			return
		}
	}
}

// TestTimeOutsHoldInAFlood, which ends by nothing else.
func TestTimeOutsHoldInAFlood(t *testing.T) {
	s := parse(t, fmt.Sprintf(floods, "1s"))
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
		got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{0, 0}, Begin{1, 0}, Drain{At: time.Second, Deadline: late})
		got.checkIdentity(t, s)
		flood, good := got.cell(t, s, "flood", "/flood"), got.cell(t, s, "good", "/good")
		if flood.Classes[stats.Timeout] != 3 || good.Classes[stats.OK] != 40 {
			t.Errorf("%s: floods %v, want 3 time-outs; others %v, want 40 ok", poller, flood.Classes, good.Classes)
		}
	}
}

// TestAnswerBeforeTheRequestIsWhole: a target that has seen enough answers, closes,
// and reads no more. Its answer counts, not that the rest found no taker.
func TestAnswerBeforeTheRequestIsWhole(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("y", 4<<20/8)
	s := parse(t, inTime(steps(`{post: /x, body: "`+body+`"}`), stats.HTTPError))
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
http: {timeout: 5s, connect_timeout: 5s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 4, duration: 3s}
`)
	first := serveOn(t, netip.AddrPortFrom(ownAddress(), 0).String(), hello)
	var again atomic.Int64
	var gone, back int64
	returned := make(chan struct{})
	time.AfterFunc(400*time.Millisecond, func() {
		defer close(returned)
		gone, _ = Monotonic()
		first.Close()
		time.Sleep(500 * time.Millisecond)
		second := serveOn(t, first.Addr, func(w http.ResponseWriter, r *http.Request) { again.Add(1); hello(w, r) })
		back, _ = Monotonic()
		t.Cleanup(func() { second.Close() })
	})
	got := live(t, s, netip.MustParseAddrPort(first.Addr), nil, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 15 * time.Second})
	<-returned
	got.checkIdentity(t, s)
	c := got.cell(t, s, "load", "/x")
	most := uint64(4 * (3 + 10*time.Duration(back-gone).Seconds())) // one lost by each, and one more at either end
	if c.Classes[stats.OK] < 100 || again.Load() == 0 || c.Classes[stats.ConnError] == 0 || c.Classes[stats.ConnError] > most {
		t.Errorf("classes %v, %d of it by the second: want many ok, and at most ten errors a second and user: %d", c.Classes, again.Load(), most)
	}
	refused := slices.IndexFunc(got.total.Errors, func(e stats.ErrorGroup) bool { return e.Kind == kindRefused })
	if refused < 0 || got.total.Errors[refused].First < time.Duration(gone-got.epoch) {
		t.Errorf("gone after %v, errors %+v", time.Duration(gone-got.epoch), got.total.Errors)
	}
}

// serveOn serves on an address whose port may have been closed a moment ago.
func serveOn(t *testing.T, addr string, h http.HandlerFunc) *http.Server {
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
	srv := &http.Server{Addr: ln.Addr().String(), Handler: h}
	go func() { _ = srv.Serve(ln) }()
	return srv
}
