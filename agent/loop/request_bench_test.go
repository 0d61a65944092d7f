package loop

import (
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// An echo is a world that allocates nothing, so that what a request allocates is
// the loop's doing: every connection opens at once, and every request is answered
// by the same bytes the same time later.
type echo struct {
	clock    int64
	after    time.Duration
	answer   []byte
	refs     []uint64 // by file
	opened   []uint64 // not yet told
	owed     []owed   // in order of time, since all take as long
	told     int      // of those, and read before the next wait
	requests int
}

type owed struct {
	at int64
	fd int32
}

func (w *echo) connect(ref uint64, _ netip.Addr, _ netip.AddrPort) (int32, syscall.Errno) {
	w.refs, w.opened = append(w.refs, ref), append(w.opened, ref)
	return int32(len(w.refs) - 1), 0
}

func (w *echo) connected(int32) syscall.Errno { return 0 }

func (w *echo) send(fd int32, b []byte) (int, syscall.Errno) {
	w.requests++
	w.owed = append(w.owed, owed{at: w.clock + int64(w.after), fd: fd})
	return len(b), 0
}

func (w *echo) recv(_ int32, b []byte) (int, int64, syscall.Errno) {
	return copy(b, w.answer), w.clock, 0
}

func (w *echo) wait(until int64, asleep bool, events []event) (n int) {
	w.owed, w.told = w.owed[:copy(w.owed, w.owed[w.told:])], 0
	switch {
	case asleep || len(w.opened) == 0 && (len(w.owed) == 0 || w.owed[0].at > until):
		w.clock = max(w.clock, until)
	case len(w.opened) == 0:
		w.clock = max(w.clock, w.owed[0].at)
	}
	for ; n < len(events) && len(w.opened) > 0; n++ {
		events[n] = event{ref: w.opened[0], is: writable}
		w.opened = w.opened[1:]
	}
	for ; n < len(events) && w.told < len(w.owed) && w.owed[w.told].at <= w.clock; n++ {
		events[n] = event{ref: w.refs[w.owed[w.told].fd], is: readable}
		w.told++
	}
	return n
}

func (w *echo) now() int64        { return w.clock }
func (w *echo) wall() int64       { return w.clock }
func (w *echo) flush()            {}
func (w *echo) spent() int64      { return 0 }
func (w *echo) naps() int64       { return untold }
func (w *echo) prompt()           {}
func (w *echo) narrow(int)        {}
func (w *echo) close(int32, bool) {}
func (w *echo) wake()             {}
func (w *echo) shut()             {}

const hotScenario = `
version: 1
name: hot
target: {base_url: "http://127.0.0.1:1"}
http: {headers: {Accept: application/json}}
users:
  u:
    tasks:
      item:
        weight: 3
        steps: [{get: "/items/${rand.int(1, 100000)}", name: "/items/{id}", check: [{status: 200}, {header: Content-Type, contains: json}, {json: $.id, equals: 7}]}]
      health: {steps: [{get: /health, check: [{body: {contains: ok}}]}]}
phases: [`

const (
	openPhase   = "{name: load, executor: constant-arrival-rate, user: u, rate: 20000/s, duration: 10h}]\n"
	closedPhase = "{name: load, executor: constant-vus, user: u, vus: 64, duration: 10h}]\n"
	overPhase   = "{name: hold, executor: held-connections, user: u, connections: 500, hold: 10h, heartbeat: {task: health, every: 1s, jitter: 20%}},\n" +
		"{name: load, executor: constant-arrival-rate, user: u, rate: 20000/s, duration: 10h, over: hold, start: {with: hold, after: connected}}]\n"
)

// hot is a loop in an echo, driven request by request.
type hot struct {
	loop   *Loop
	world  *echo
	out    chan Output
	events []event
	until  int // requests to be sent
	ok     uint64
	failed uint64
}

// heat starts a phase and lets it run until everything has grown to its size.
func heat(t testing.TB, phase string) *hot {
	t.Helper()
	return heatOf(t, hotScenario+phase)
}

func heatOf(t testing.TB, text string) *hot {
	t.Helper()
	h := hotIn(&echo{})
	h.start(t, Config{Scenario: parse(t, text), poller: h.world})
	return h
}

// hotIn makes an echo ready for a loop that is not there yet.
func hotIn(w *echo) *hot {
	w.after = 200 * time.Microsecond
	w.answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + `{"id": 7, "is":"ok"}`)
	return &hot{out: make(chan Output, 100), events: make([]event, eventBatch), world: w}
}

func (h *hot) start(t testing.TB, c Config) {
	t.Helper()
	c.Share, c.Seed, c.Out, c.Addrs = arrival.Whole(), 7, h.out, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}
	var err error
	if h.loop, err = New(c); err != nil {
		t.Fatal(err)
	}
	h.loop.Do(Start{})
	for i := range h.loop.phases {
		h.loop.Do(Begin{Phase: i})
	}
	h.requests(100_000)
}

// requests runs until so many more have been sent. A turn sends many, so most calls
// for one run none.
func (h *hot) requests(n int) {
	for h.until += n; h.world.requests < h.until; {
		h.loop.turn(h.events)
		for len(h.out) > 0 {
			h.take(<-h.out)
		}
	}
}

func (h *hot) take(o Output) {
	if o.Snapshot == nil {
		return
	}
	for _, c := range o.Snapshot.Cells {
		for class, n := range c.Classes {
			if stats.Class(class) == stats.OK {
				h.ok += n
			} else {
				h.failed += n
			}
		}
	}
}

func BenchmarkRequestOpen(b *testing.B)   { benchmarkHot(b, heat(b, openPhase)) }
func BenchmarkRequestClosed(b *testing.B) { benchmarkHot(b, heat(b, closedPhase)) }

func benchmarkHot(b *testing.B, h *hot) {
	b.ReportAllocs()
	for b.Loop() {
		h.requests(1)
	}
}

// withCookies makes extras of all steps.
func withCookies(phase string) string {
	return strings.Replace(hotScenario, "http: {", "http: {cookies: true, follow_redirects: 3, ", 1) + phase
}

func BenchmarkRequestClosedCookies(b *testing.B) {
	h := heatOf(b, withCookies(closedPhase))
	b.ReportAllocs()
	for b.Loop() {
		h.requests(1)
	}
}

// TestNoAllocationPerRequest: on connections that are kept alive a request
// allocates nothing; what a second's snapshot takes is shared by all of it.
func TestNoAllocationPerRequest(t *testing.T) {
	for name, text := range map[string]string{
		"open": hotScenario + openPhase, "closed": hotScenario + closedPhase, "over held": hotScenario + overPhase,
		"open with cookies": withCookies(openPhase), "closed with cookies": withCookies(closedPhase),
	} {
		h := heatOf(t, text)
		const n = 400_000 // more than a second of either
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.requests(n)
		runtime.ReadMemStats(&after)
		each := float64(after.Mallocs-before.Mallocs) / n
		t.Logf("%s: %.5f allocations and %.2f bytes a request, %d collections, %d connections", name, each,
			float64(after.TotalAlloc-before.TotalAlloc)/n, after.NumGC-before.NumGC, len(h.world.refs))
		if each >= 0.01 {
			t.Errorf("%s: %.4f allocations a request, want none", name, each)
		}
		if h.failed > 0 || h.ok == 0 {
			t.Errorf("%s: %d requests ok, %d failed", name, h.ok, h.failed)
		}
	}
}
