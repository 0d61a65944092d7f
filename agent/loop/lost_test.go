package loop

import (
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// oneUser plays a user whose second request on a connection ends as said.
func oneUser(t *testing.T, second reply) *play {
	t.Helper()
	s := parse(t, `
version: 1
name: lost
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 500ms}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 1, duration: 1s}]
`)
	w := newWorld(target{answer: func(r request) reply {
		if r.n == 1 {
			return second
		}
		return reply{after: time.Millisecond}
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: time.Second, Deadline: 2 * time.Second})
	p.checkIdentity(t, s)
	return p
}

// TestEveryLostConnectionWasARace: an end on a connection used before is the race of
// keep-alive only as soon as it could have travelled; later the target had the request.
func TestEveryLostConnectionWasARace(t *testing.T) {
	for _, c := range []struct {
		second reply
		kind   string
	}{
		{reply{after: time.Millisecond, reset: true}, kindRace},
		{reply{after: time.Millisecond, close: true}, kindRace},
		{reply{after: 100 * time.Millisecond, reset: true}, kindReset},
		{reply{after: 100 * time.Millisecond, close: true}, "closed before answer"},
		{reply{never: true}, kindTimeout},
	} {
		p := oneUser(t, c.second)
		if len(p.total.Errors) == 0 {
			t.Errorf("%+v: no error", c.second)
		}
		for _, e := range p.total.Errors {
			if e.Kind != c.kind {
				t.Errorf("%+v: %s, want %s", c.second, e.Kind, c.kind)
			}
		}
	}
}

// TestGivenUpConnectionsWereNotReset: one that is given up while an answer is under
// way is reset, so that its port is free and the target stops.
func TestGivenUpConnectionsWereNotReset(t *testing.T) {
	s := parse(t, `
version: 1
name: lost
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 50ms}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 1, duration: 300ms}]
`)
	for _, kind := range machinePollers(t) {
		var mu sync.Mutex
		var ends []error
		addr := rawServer(t, func(c *peer) {
			_, err := io.Copy(io.Discard, c)
			mu.Lock()
			ends = append(ends, err)
			mu.Unlock()
		})
		got := live(t, s, addr, func(c *Config) { c.Poller = kind }, Begin{0, 0}, Drain{At: 300 * time.Millisecond, Deadline: late})
		got.checkIdentity(t, s)
		if c := got.cell(t, s, "load", "/x"); c.Classes[stats.Timeout] == 0 {
			t.Errorf("%s: classes %v", kind, c.Classes)
		}
		givenUp := got.total.Phases[0].Ended[stats.EndedFailed]
		resets := func() (n uint64) {
			mu.Lock()
			defer mu.Unlock()
			for _, err := range ends {
				if err != nil {
					n++
				}
			}
			return n
		}
		for until := time.Now().Add(10 * time.Second); resets() < givenUp && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		if n := resets(); givenUp == 0 || n != givenUp {
			t.Errorf("%s: %d connections were given up, the target saw %d resets", kind, givenUp, n)
		}
	}
}

// TestHeldConnectionsLookedForPortsOneByOne: where there is none the kernel looks
// through all, which thousands of connections must not make it do in one turn.
func TestHeldConnectionsLookedForPortsOneByOne(t *testing.T) {
	s := parse(t, `
version: 1
name: ports
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: hold, executor: held-connections, connections: 5000, hold: 5s}]
`)
	w := newWorld(target{dial: func(n int) (time.Duration, syscall.Errno) {
		if n >= 100 {
			return 0, syscall.EADDRNOTAVAIL
		}
		return time.Millisecond, 0
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 8 * time.Second}, Drain{At: 8 * time.Second, Deadline: 9 * time.Second})
	if ph := p.total.Phases[0]; ph.ConnFailed != 4_900 {
		t.Errorf("%d connections given up, want 4,900", ph.ConnFailed)
	}
	if w.open > 100+60 {
		t.Errorf("the kernel was asked %d times for a port it does not have", w.open-100)
	}
}
