package loop

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// TestHeartbeatsShareWakeUps: a loop that only holds connections wakes by the grid
// of its heartbeats, which is neither late nor seen in what they took.
func TestHeartbeatsShareWakeUps(t *testing.T) {
	s := parse(t, `
version: 1
name: grid
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {ping: {steps: [{get: /ping}]}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: 4000, hold: 40s, heartbeat: {task: ping, every: 10s, jitter: 50%}}
`)
	w := newWorld(target{answer: func(request) reply { return reply{after: 700 * time.Microsecond} }})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, End{0, 41 * time.Second}, Drain{At: 41 * time.Second, Deadline: 45 * time.Second})
	p.checkIdentity(t, s)
	c := &p.total.Cells[s.Phases[0].HeartbeatCell]
	if c.Intended < 15_000 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("intended %d, classes %v", c.Intended, c.Classes)
	}
	if w.waits > 10_000 {
		t.Errorf("%d waits for %d heartbeats in 41 s", w.waits, c.Intended)
	}
	ph := &p.total.Phases[0]
	if lag := ph.PacerLag.Max(); lag > 100*time.Microsecond {
		t.Errorf("sent up to %v late", lag)
	}
	if low, high := c.Response.Percentile(0.1), c.Response.Percentile(99.9); low < 690*time.Microsecond || high > 810*time.Microsecond {
		t.Errorf("answers took %v to %v, in truth 700µs", low, high)
	}
}

// TestGridsLieApart: loops of one run do not all send at the same moments.
func TestGridsLieApart(t *testing.T) {
	const loops = 40
	seen := map[time.Duration]bool{}
	for i := range uint64(loops) {
		l := &Loop{share: arrival.Share{{Index: i, Of: loops}}}
		seen[l.gridStart(10*time.Millisecond)/(100*time.Microsecond)] = true
	}
	if len(seen) < loops*3/4 {
		t.Errorf("%d of %d loops within 100 µs of another", loops-len(seen), loops)
	}
}
