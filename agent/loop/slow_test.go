package loop

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// sluggish is a scenario of users of a slow network.
func sluggish(network, steps, timeout string) string {
	return fmt.Sprintf(`
version: 1
name: slow
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: %s}
users: {u: {network: %s, tasks: {get: {steps: [%s]}}}}
phases: [{name: load, executor: constant-vus, vus: 5, duration: 10s}]
`, timeout, network, steps)
}

func bodyOf(n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
}

// TestSlowReader: an answer takes as long as the user reads, and in between the loop
// sleeps.
func TestSlowReader(t *testing.T) {
	for rate, bytes := range map[string]int{"10KB/s": 10_000, "100B/s": 100, "50B/s": 50, "1MB/s": 1_000_000} {
		for _, pieces := range []int{1, 7} {
			w := newWorld(target{answer: func(request) reply { return reply{bytes: bodyOf(bytes - 40), pieces: pieces} }})
			s := parse(t, sluggish("{read_rate: "+rate+"}", "{get: /x}", "5s"))
			p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
			p.checkIdentity(t, s)
			c := p.cell(t, s, "load", "/x")
			if c.Classes[stats.OK] != c.Intended || c.Intended < 45 || c.Intended > 60 {
				t.Errorf("%s: %v of %d", rate, c.Classes, c.Intended)
			}
			near(t, rate, c.Service.Percentile(50), time.Second, 0.11)
			if w.waits > 12*1000*int(DefaultTick/time.Millisecond) {
				t.Errorf("%s: the loop woke %d times", rate, w.waits)
			}
			if w.open != 5 {
				t.Errorf("%s: %d connections", rate, w.open)
			}
		}
	}
}

// TestSlowReadersHaveSmallBuffers, set before they connect; others have the kernel's.
func TestSlowReadersHaveSmallBuffers(t *testing.T) {
	for network, want := range map[string]int{"{read_rate: 10B/s}": 4096, "{read_rate: 1MB/s}": 100_000, "{write_rate: 10KB/s}": 0, "{}": 0} {
		w := newWorld(target{})
		room := -1
		w.watch = func(netip.Addr, netip.AddrPort) { room = w.room }
		s := parse(t, sluggish(network, "{get: /x}", "5s"))
		stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: time.Second, Deadline: 2 * time.Second})
		if room != want {
			t.Errorf("%s: a receive buffer of %d bytes, want %d", network, room, want)
		}
	}
}

// TestSlowWriter: a request comes in pieces, its head too, at the rate.
func TestSlowWriter(t *testing.T) {
	for rate, a := range map[string]struct {
		steps  string
		pieces int
	}{
		"100B/s": {"{get: /x, headers: {X: " + strings.Repeat("y", 120) + "}}", 10},
		"10KB/s": {"{get: /x, headers: {X: " + strings.Repeat("y", 20_000) + "}}", 1000},
	} {
		var at []time.Duration
		var sizes []int
		w := newWorld(target{})
		w.heard = func(fd int32, n int) {
			if fd == 3 {
				at, sizes = append(at, time.Duration(w.clock)), append(sizes, n)
			}
		}
		s := parse(t, strings.Replace(sluggish("{write_rate: "+rate+"}", a.steps, "8s"), "vus: 5", "vus: 1", 1))
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		c := p.cell(t, s, "load", "/x")
		if c.Classes[stats.OK] != c.Intended || c.Intended < 4 {
			t.Errorf("%s: %v of %d", rate, c.Classes, c.Intended)
		}
		sum := 0
		for i, n := range sizes {
			if n > a.pieces {
				t.Fatalf("%s: a piece of %d bytes, want %d at most", rate, n, a.pieces)
			}
			if sum += n; i == len(sizes)-1 {
				sum -= n
			}
		}
		perSecond := float64(sum) / (at[len(at)-1] - at[0]).Seconds()
		if want := 10 * float64(a.pieces); math.Abs(perSecond/want-1) > 0.1 {
			t.Errorf("%s: the target saw %.1f bytes a second", rate, perSecond)
		}
		if c.BytesOut != uint64(total(sizes)) {
			t.Errorf("%s: %d bytes out, the target saw %d", rate, c.BytesOut, total(sizes))
		}
	}
}

func total(sizes []int) (sum int) {
	for _, n := range sizes {
		sum += n
	}
	return sum
}

// TestSlowTimesOut: time-outs hold, and what was written until then is counted.
func TestSlowTimesOut(t *testing.T) {
	for network, answer := range map[string]string{"{read_rate: 100B/s}": bodyOf(1000), "{write_rate: 10B/s}": helloReply} {
		w := newWorld(target{answer: func(request) reply { return reply{bytes: answer} }})
		s := parse(t, sluggish(network, "{get: /x}", "2s"))
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		c := p.cell(t, s, "load", "/x")
		if c.Classes[stats.Timeout] != c.Intended || c.Intended != 25 {
			t.Errorf("%s: %v of %d, want 25 time-outs", network, c.Classes, c.Intended)
		}
		near(t, network, c.Failed.Percentile(50), 2*time.Second, 0.01)
		if out := c.BytesOut / c.Intended; network == "{write_rate: 10B/s}" && (out < 20 || out > 21) {
			t.Errorf("%d bytes of a request written in 2 s of 10B/s", out)
		}
		if len(p.loop.slow) != 0 {
			t.Errorf("%s: %d connections that are gone are remembered", network, len(p.loop.slow))
		}
	}
}

// TestSlowAndFastTakeTurns on one connection. A target that closes is noticed at once,
// though the kernel told of it while the answer was not read: nothing waits for a
// time-out.
func TestSlowAndFastTakeTurns(t *testing.T) {
	for _, last := range []bool{false, true} {
		w := newWorld(target{answer: func(r request) reply {
			return reply{after: time.Millisecond, bytes: bodyOf(1000), close: last && r.n == 2}
		}})
		steps := "{get: /slow}, {get: /fast, network: {read_rate: 0, write_rate: 0}}, {get: /slower, network: {read_rate: 2KB/s}}"
		s := parse(t, sluggish("{read_rate: 10KB/s, write_rate: 1KB/s}", steps, "5s"))
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		for name, want := range map[string]time.Duration{"/slow": 155 * time.Millisecond, "/fast": time.Millisecond, "/slower": 500 * time.Millisecond} {
			c := p.cell(t, s, "load", name)
			if c.Classes[stats.OK]+c.Classes[stats.ConnError] != c.Intended || c.Classes[stats.OK] < 35 || !last && c.Classes[stats.ConnError] > 0 {
				t.Errorf("closing %t, %s: %v of %d", last, name, c.Classes, c.Intended)
			}
			if got := c.Service.Percentile(50); got < want/2 || got > 2*want {
				t.Errorf("%s took %v, want about %v", name, got, want)
			}
		}
		for _, g := range p.total.Errors {
			if g.Kind != kindRace {
				t.Errorf("closing %t: %q", last, g.Kind)
			}
		}
	}
}

// TestSlowAndFastUsersShareHeldConnections: a request of a user with a fast network
// kept the rates of the slow one that had used its connection before: 540 ms instead of
// 1 ms. One that follows it is slow all the same.
func TestSlowAndFastUsersShareHeldConnections(t *testing.T) {
	for _, network := range []string{"{read_rate: 10KB/s}", "{write_rate: 100B/s}", "{read_rate: 10KB/s, write_rate: 500B/s}"} {
		s := parse(t, fmt.Sprintf(`
version: 1
name: shared
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 5s}
users:
  slow: {network: %s, tasks: {get: {steps: [{get: /slow}]}}}
  fast: {tasks: {get: {steps: [{get: /fast}]}}}
phases:
  - {name: hold, executor: held-connections, connections: 1, hold: 20s}
  - {name: sloths, executor: constant-arrival-rate, user: slow, rate: 1/s, duration: 10s, arrivals: uniform, over: hold, start: {with: hold, after: connected}}
  - {name: hares, executor: constant-arrival-rate, user: fast, rate: 1/s, duration: 10s, arrivals: uniform, over: hold, start: {with: hold, after: connected}}
`, network))
		w := newWorld(target{room: 40, answer: func(request) reply { return reply{after: time.Millisecond, bytes: bodyOf(4000)} }})
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, time.Second}, Begin{2, 1900 * time.Millisecond},
			End{0, 20 * time.Second}, Drain{At: 20 * time.Second, Deadline: 30 * time.Second})
		p.checkIdentity(t, s)
		slow, fast := p.cell(t, s, "sloths", "/slow"), p.cell(t, s, "hares", "/fast")
		if slow.Classes[stats.OK] != 10 || fast.Classes[stats.OK] != 10 || w.open != 1 {
			t.Errorf("%s: slow %v, fast %v, %d connections", network, slow.Classes, fast.Classes, w.open)
		}
		if most := fast.Service.Max(); most > 3*time.Millisecond {
			t.Errorf("%s: a fast user waited %v for an answer, want 2ms", network, most)
		}
		if least := slow.Service.Min(); least < 100*time.Millisecond {
			t.Errorf("%s: a slow user waited only %v", network, least)
		}
		if w.pipelined > 0 {
			t.Errorf("%s: %d requests before the answer before", network, w.pipelined)
		}
	}
}

// TestSlowUploadThatTLSRefuses: when TLS took no more of a body nothing ended the
// request and nothing went on with it before its time-out.
func TestSlowUploadThatTLSRefuses(t *testing.T) {
	text := strings.Replace(sluggish("{write_rate: 5KB/s}", "{post: /x, body_size: 20KB}", "9s"), "vus: 5", "vus: 1", 1)
	s := parse(t, strings.Replace(text, `"http://127.0.0.1:1"`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem}`, 1))
	w := newWorld(target{tls: worldTLS()})
	p := stage(t, s, w, overTLS(t, s))
	w.at(int64(time.Second), func() {
		for i := range p.loop.conns.used {
			if c := p.loop.conns.at(i); c.state == established {
				_ = p.loop.tls.tunnels.at(c.tls).conn.CloseWrite()
				p.loop.tls.cipher = p.loop.tls.cipher[:0]
			}
		}
	})
	p.run(t, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 30 * time.Second})
	p.checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	if c.Classes[stats.ConnError] != 1 || c.Classes[stats.OK] != 1 || len(p.total.Errors) != 1 {
		t.Fatalf("%v, errors %+v", c.Classes, p.total.Errors)
	}
	if e := p.total.Errors[0]; e.Kind != kindReset || e.First > 1200*time.Millisecond {
		t.Errorf("%+v, want a broken connection at 1s", e)
	}
	if c.BytesOut > 26_000 {
		t.Errorf("%d bytes out: 20,000 of a body and 5,000 of one that broke", c.BytesOut)
	}
}

// TestLiveSlowReader: the target feels it. Its writes block, and get through at the
// rate of the reader or, on a busy machine, later: TestSlowReader has the exact times.
func TestLiveSlowReader(t *testing.T) {
	const rate, size = 400_000, 500_000
	seen := make(chan float64, 10)
	addr := rawServer(t, func(c *peer) {
		_ = c.Conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
		for c.request() {
			c.write(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
			chunk, sent, from := strings.Repeat("x", 5_000), 0, time.Now()
			for ; sent < size; sent += len(chunk) {
				if sent == size/4 { // what buffers hold has gone by
					from = time.Now()
				}
				c.write(chunk)
			}
			seen <- float64(size) * 3 / 4 / time.Since(from).Seconds()
		}
	})
	s := parse(t, strings.Replace(sluggish(fmt.Sprintf("{read_rate: %dB/s}", rate), "{get: /x}", "25s"), "vus: 5", "vus: 1", 1))
	got := live(t, s, addr, nil, Begin{}, Drain{At: 100 * time.Millisecond, Deadline: 25 * time.Second})
	got.checkIdentity(t, s)
	c := &got.total.Cells[0]
	if c.Classes[stats.OK] != 1 {
		t.Fatalf("%v, %+v", c.Classes, got.total.Errors)
	}
	if perSecond := <-seen; perSecond > 2*rate { // buffers that ran empty take some at once
		t.Errorf("the target wrote %.0f bytes a second, want %d at most", perSecond, rate)
	}
	atLeast(t, c.Service.Min(), size*time.Second/rate)
}

// atLeast fails when something was faster than its user's network; a busy machine may
// make it slower.
func atLeast(t *testing.T, took, want time.Duration) {
	t.Helper()
	if took < want*9/10 {
		t.Errorf("it took %v, want %v less 10 %% at least", took, want)
	}
}

// TestLiveSlowWriter: the target reads the head of a request in pieces, and all of it
// no sooner than the writer writes: TestSlowWriter has the exact times.
func TestLiveSlowWriter(t *testing.T) {
	seen := make(chan int, 1000)
	addr := rawServer(t, func(c *peer) {
		buf := make([]byte, 4096)
		for head := ""; !strings.HasSuffix(head, "\r\n\r\n"); {
			n, err := c.Conn.Read(buf)
			if err != nil {
				return
			}
			head += string(buf[:n])
			seen <- n
		}
		c.write(sayClose)
	})
	s := parse(t, strings.Replace(sluggish("{write_rate: 200B/s}", "{get: /x, headers: {X: "+strings.Repeat("y", 150)+"}}", "25s"), "vus: 5", "vus: 1", 1))
	got := live(t, s, addr, nil, Begin{}, Drain{At: 100 * time.Millisecond, Deadline: 25 * time.Second})
	got.checkIdentity(t, s)
	c := &got.total.Cells[0]
	if c.Classes[stats.OK] != 1 {
		t.Fatalf("%v, %+v", c.Classes, got.total.Errors)
	}
	pieces, sum := len(seen), 0
	for range pieces {
		sum += <-seen
	}
	if pieces < 3 { // a target that stands still reads several at once
		t.Errorf("%d bytes came in %d pieces", sum, pieces)
	}
	atLeast(t, c.Service.Min(), time.Duration(sum-20)*time.Second/200) // the first piece goes at once
}

// slowTLS is a user who takes 0.3 s to send the head of a request, of which the first
// piece goes at once, and 0.8 s to read an answer of 40,000 bytes.
func slowTLS(t *testing.T) *scenarios.Scenario {
	t.Helper()
	text := strings.Replace(sluggish("{read_rate: 50KB/s, write_rate: 1KB/s}", "{get: /x, headers: {X: "+strings.Repeat("y", 300)+"}}", "25s"), "vus: 5", "vus: 1", 1)
	return parse(t, strings.Replace(text, `"http://127.0.0.1:1"`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem}`, 1))
}

// TestSlowTLS: sealed requests and answers pass in pieces as plain ones do, at the rates.
func TestSlowTLS(t *testing.T) {
	s := slowTLS(t)
	most := 0
	w := newWorld(target{tls: worldTLS(), answer: func(request) reply { return reply{bytes: bodyOf(40_000)} }})
	w.heard = func(_ int32, n int) {
		if w.requests > 0 { // a handshake is not slowed
			most = max(most, n)
		}
	}
	p := stage(t, s, w, overTLS(t, s)).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
	p.checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	if c.Classes[stats.OK] != c.Intended || c.Intended < 8 || most > 100 {
		t.Errorf("%v of %d, pieces of up to %d bytes, want 100; %+v", c.Classes, c.Intended, most, p.total.Errors)
	}
	near(t, "service time", c.Service.Percentile(50), 1100*time.Millisecond, 0.1)
}

// TestLiveSlowTLS: the same, of real sockets.
func TestLiveSlowTLS(t *testing.T) {
	s := slowTLS(t)
	addr := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 40_000)) }, nil)
	got := live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 100 * time.Millisecond, Deadline: 25 * time.Second})
	got.checkIdentity(t, s)
	c := &got.total.Cells[0]
	if c.Classes[stats.OK] != 1 {
		t.Fatalf("%v, %+v", c.Classes, got.total.Errors)
	}
	atLeast(t, c.Service.Min(), time.Second) // the first piece of either is half a pace early
}

// TestSlowUploads: bodies that are streamed, or wait for 100 Continue, pass in pieces too.
func TestSlowUploads(t *testing.T) {
	for _, step := range []string{"{post: /x, body_size: 5KB}", "{post: /x, body_size: 5KB, expect_continue: 1s}", "{post: /x, body: " + strings.Repeat("y", 5000) + ", expect_continue: 100ms}"} {
		most := 0
		w := newWorld(target{answer: func(r request) reply {
			if strings.Contains(step, "expect_continue") { // both have 25 bytes
				return reply{bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No  body\r\n\r\n", pieces: 2, gap: 1020 * time.Millisecond}
			}
			return reply{after: time.Millisecond}
		}})
		w.heard = func(_ int32, n int) { most = max(most, n) }
		s := parse(t, strings.Replace(sluggish("{write_rate: 5KB/s}", step, "5s"), "vus: 5", "vus: 1", 1))
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 12 * time.Second, Deadline: 20 * time.Second})
		p.checkIdentity(t, s)
		c := p.cell(t, s, "load", "/x")
		step = step[:min(len(step), 60)]
		if c.Classes[stats.OK] != c.Intended || c.Intended < 8 || most > 500 {
			t.Errorf("%s: %v of %d, pieces of up to %d bytes, want 500; %+v", step, c.Classes, c.Intended, most, p.total.Errors)
		}
		if each := c.BytesOut / max(c.Intended, 1); each < 5000 || each > 5250 {
			t.Errorf("%s: %d bytes a request", step, each)
		}
		if took := c.Service.Percentile(50); took < 900*time.Millisecond || took > 1250*time.Millisecond {
			t.Errorf("%s: %v a request, want a second", step, took)
		}
	}
}
