package loop

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

const timedLoad = `
version: 1
name: timed
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 100ms, server_timing: true, pool: {reuse: %s, max: 6}}
users:
  u: {tasks: {a: {steps: [{get: /x}]}}}
phases:
  - {name: warm, executor: constant-arrival-rate, user: u, rate: 200/s, duration: 500ms, record: false}
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1500/s, duration: 2s, max_lag: 50ms}
`

// talkative tells of its time in a head that comes in pieces, and does everything else too.
func talkative(r request) reply {
	switch n := int(r.conn)*7 + r.n; {
	case n%50 == 0:
		return reply{never: true}
	case n%30 == 0:
		return reply{after: time.Millisecond, bytes: "HTTP/1.1 503 No\r\nServer-Timing: db;dur=77\r\nContent-Length: 0\r\n\r\n"}
	case n%20 == 0:
		return reply{after: 4 * time.Millisecond}
	default:
		return reply{after: time.Duration(2+n%5) * time.Millisecond, pieces: 1 + n%3, gap: 300 * time.Microsecond, bytes: "HTTP/1.1 200 OK\r\n" +
			"server-timing: db;dur=0.1, total;dur=99, up;dur=0.5;desc=\"a, b\"\r\nServer-Timing: db;dur=0.25\r\nContent-Length: 5\r\n\r\nhello"}
	}
}

// TestPartsOfAnswersAddUp to the nanosecond: what a split says is the sum of the stamps of
// every request that was answered well, and what these answers told.
func TestPartsOfAnswersAddUp(t *testing.T) {
	for _, reuse := range []string{"shared", "none"} {
		s := parse(t, fmt.Sprintf(timedLoad, reuse))
		var rows bytes.Buffer
		w := newWorld(target{answer: talkative, dial: func(int) (time.Duration, syscall.Errno) { return 700 * time.Microsecond, 0 }})
		p := stage(t, s, w, func(c *Config) { c.Tap = &rows }).
			run(t, Begin{0, 0}, Begin{1, 500 * time.Millisecond}, Drain{At: 2500 * time.Millisecond, Deadline: 3 * time.Second})
		p.checkIdentity(t, s)
		var split *stats.Split
		for _, snapshot := range p.snapshots {
			if snapshot.Cells[0].Split != nil {
				t.Fatal("warm-up has a split")
			}
			split = split.Merge(snapshot.Cells[1].Split)
		}
		got, want := split.Total(), stampsOf(t, lines(t, rows.String()))
		told := got.Count - got.Untold
		if names := strings.Join(split.Names, " "); names != "db up" || told == 0 || got.Untold == 0 || got.Odd+got.Over != 0 {
			t.Errorf("%s: told of %q by %d, not by %d; %d odd, %d over", reuse, names, told, got.Untold, got.Odd, got.Over)
		}
		want.Told[0], want.Told[1] = time.Duration(told)*250*time.Microsecond, time.Duration(told)*500*time.Microsecond
		want.Untold = got.Untold
		if got != want || got.Waiting == 0 || got.Connecting == 0 || got.Lag == 0 || got.Rest() <= 0 {
			t.Errorf("%s: the split has\n%+v, the stamps\n%+v", reuse, got, want)
		}
		if c := p.total.Cells[1].Response; c.Count() != got.Count || c.Sum() != got.Response {
			t.Errorf("%s: %d requests of %s, the histogram has %d of %s", reuse, got.Count, got.Response, c.Count(), c.Sum())
		}
	}
}

// stampsOf adds up the rows of recorded requests that were answered well.
func stampsOf(t *testing.T, rows []tapRow) (sum stats.SplitSums) {
	t.Helper()
	for _, r := range rows {
		if r["class"] != "ok" || r["phase"] != "load" {
			continue
		}
		connect := r.at(t, "connect_ns")
		sum.Count++
		sum.Response += r.at(t, "done_ns") - r.at(t, "intended_ns")
		sum.Lag += r.at(t, "scheduled_ns") - r.at(t, "intended_ns")
		sum.Waiting += r.at(t, "connected_ns") - r.at(t, "scheduled_ns") - connect
		sum.Connecting += r.at(t, "written_ns") - r.at(t, "connected_ns") + connect
	}
	return sum
}

// TestTimingsAreReadWhereAsked, and heads are not kept for them elsewhere.
func TestTimingsAreReadWhereAsked(t *testing.T) {
	text := strings.Replace(fmt.Sprintf(timedLoad, "shared"), "{get: /x}", "{get: /x, server_timing: false}", 1)
	s := parse(t, text)
	p := stage(t, s, newWorld(target{answer: talkative}), nil).run(t, Begin{1, 0}, Drain{At: time.Second, Deadline: 2 * time.Second})
	for _, snapshot := range p.snapshots {
		if snapshot.Cells[1].Split != nil {
			t.Fatal("a step that is not asked has a split")
		}
	}
	if o := p.loop.options(&s.Users[0].Tasks[0].Steps[0]); o != (http1.Options{}) {
		t.Errorf("it reads with %+v", o)
	}
}

// TestReadingTimingsAllocatesNothing.
func TestReadingTimingsAllocatesNothing(t *testing.T) {
	e := &echo{}
	h := hotIn(e)
	e.answer = bytes.Replace(e.answer, []byte("\r\n"), []byte("\r\nServer-Timing: pool;dur=0.12, up;dur=3.41, db;dur=1.2\r\n"), 1)
	h.start(t, Config{Scenario: parse(t, strings.Replace(hotScenario, "http: {", "http: {server_timing: true, ", 1)+openPhase), poller: h.world})
	const n = 100_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h.requests(n)
	runtime.ReadMemStats(&after)
	if each := float64(after.Mallocs-before.Mallocs) / n; each >= 0.01 {
		t.Errorf("%.4f allocations a request", each)
	}
}
