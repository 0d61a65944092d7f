package loop

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// beats plays a hold of one connection with heartbeats, under a load of slow
// requests over it, and gives what it told and the heartbeats' row.
func beats(t *testing.T, every, rate, maxLag string, slow reply) (*play, *stats.CellStats) {
	t.Helper()
	s := parse(t, fmt.Sprintf(`
version: 1
name: beats
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 10s}
users:
  u: {tasks: {ping: {steps: [{get: /ping}]}}}
  slow: {tasks: {slow: {steps: [{get: /slow}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: 1, hold: 60s, heartbeat: {task: ping, every: %s, jitter: 50%%}}
  - {name: load, executor: constant-arrival-rate, user: slow, rate: %s, duration: 50s, arrivals: uniform, max_lag: %s,
     over: hold, start: {with: hold, after: connected}}
`, every, rate, maxLag))
	w := newWorld(target{answer: func(r request) reply {
		if bytes.Contains(r.text, []byte("/slow")) {
			return slow
		}
		return reply{after: time.Millisecond}
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, time.Second}, End{0, 61 * time.Second}, Drain{At: 61 * time.Second, Deadline: 75 * time.Second})
	p.checkIdentity(t, s)
	return p, &p.total.Cells[s.Phases[0].HeartbeatCell]
}

// TestPostponedHeartbeatKeepsItsStart: one that fell due on a busy connection was
// intended when the connection was free, so the wait was in no figure.
func TestPostponedHeartbeatKeepsItsStart(t *testing.T) {
	p, c := beats(t, "4s", "30/m", "10s", reply{after: 1900 * time.Millisecond})
	ph := &p.total.Phases[0]
	if c.Classes[stats.OK] != c.Intended || c.Intended < 11 || c.Intended > 17 {
		t.Errorf("intended %d, classes %v", c.Intended, c.Classes)
	}
	if wait := c.Response.Max() - c.Service.Max(); wait < 500*time.Millisecond || wait > 1950*time.Millisecond {
		t.Errorf("response %v, service %v: want a wait between", c.Response.Max(), c.Service.Max())
	}
	if wait := ph.PoolWait.Max(); wait < 500*time.Millisecond {
		t.Errorf("pool wait %v, want the wait in it", wait)
	}
	if lag := ph.PacerLag.Max(); lag > 2*time.Millisecond {
		t.Errorf("pacer lag %v: waiting for a connection is not the generator's lateness", lag)
	}
}

// TestHeartbeatsGoOnWhileRequestsWait: a beat put off was sent only when nobody
// waited for the connection, which under more load than it takes is never.
func TestHeartbeatsGoOnWhileRequestsWait(t *testing.T) {
	_, c := beats(t, "4s", "2/s", "3s", reply{after: 900 * time.Millisecond})
	if c.Intended < 12 || c.Classes[stats.OK] != c.Intended || c.Response.Max() > time.Second {
		t.Errorf("intended %d, classes %v, response at most %v", c.Intended, c.Classes, c.Response.Max())
	}
}

// TestHeartbeatOfALostConnectionIsNotSent: it was due, and so it is counted.
func TestHeartbeatOfALostConnectionIsNotSent(t *testing.T) {
	p, c := beats(t, "1s", "30/m", "10s", reply{after: 1900 * time.Millisecond, reset: true})
	if c.Classes[stats.NotSent] < 5 || c.Classes[stats.NotSent]+c.Classes[stats.OK] != c.Intended {
		t.Errorf("intended %d, classes %v", c.Intended, c.Classes)
	}
	for _, e := range p.total.Errors {
		if e.Class == stats.NotSent && e.Kind != "connection lost" {
			t.Errorf("%+v", e)
		}
	}
}

// TestHeartbeatsDoNotPileUp: while one waits none falls due, and the next is an
// interval after it was sent.
func TestHeartbeatsDoNotPileUp(t *testing.T) {
	s := parse(t, `
version: 1
name: beats
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {ping: {steps: [{get: /ping}]}}}}
phases: [{name: hold, executor: held-connections, user: u, connections: 1, hold: 60s, heartbeat: {task: ping, every: 1s, jitter: 0%}}]
`)
	w := newWorld(target{answer: func(request) reply { return reply{after: 1500 * time.Millisecond} }})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 60 * time.Second}, Drain{At: 60 * time.Second, Deadline: 75 * time.Second})
	p.checkIdentity(t, s)
	c := &p.total.Cells[s.Phases[0].HeartbeatCell]
	if c.Classes[stats.OK] != c.Intended || c.Intended < 38 || c.Intended > 41 {
		t.Errorf("intended %d, classes %v; want about 40 ok", c.Intended, c.Classes)
	}
	near(t, "response", c.Response.Max(), 2*time.Second, 0.01)
	near(t, "service", c.Service.Max(), 1500*time.Millisecond, 0.01)
}
