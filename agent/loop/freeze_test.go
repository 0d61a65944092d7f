package loop

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const overPool = `
version: 1
name: freeze
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 10s}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: hold, executor: held-connections, connections: 100, hold: 70s}
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1000/s, duration: 60s, arrivals: uniform,
     over: hold, start: {with: hold, after: connected}}
`

// freeze runs 1000 arrivals a second for 60 s over 100 connections, against a
// target that stands still once.
func freeze(t *testing.T, from, length time.Duration, pacing string) *stats.CellStats {
	t.Helper()
	s := parse(t, overPool)
	w := newWorld(target{answer: func(r request) reply {
		return reply{after: frozen(r.at, 200*time.Microsecond, time.Second+from, length)}
	}})
	p := stage(t, s, w, func(c *Config) { c.Pacing = pacing })
	p.run(t, Begin{0, 0}, Begin{1, time.Second}, End{0, 72 * time.Second}, Drain{At: 72 * time.Second, Deadline: 82 * time.Second})
	p.checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	if c.Intended != 60_000 || c.Classes[stats.OK] != 60_000 {
		t.Fatalf("intended %d, classes %v; want 60000 ok", c.Intended, c.Classes)
	}
	return c
}

// TestFreezeInTheMiddle: p99 of the truth is 2 s − 1 % of 60 s, which service
// time hides, because the pool keeps all but 100 requests from the frozen target.
func TestFreezeInTheMiddle(t *testing.T) {
	for _, pacing := range []string{"auto", "ticks", "precise"} {
		c := freeze(t, 30*time.Second, 2*time.Second, pacing)
		near(t, pacing+": response p99", c.Response.Percentile(99), 1401*time.Millisecond, 0.01)
		near(t, pacing+": response p99.9", c.Response.Percentile(99.9), 1941*time.Millisecond, 0.01)
		if p99 := c.Service.Percentile(99); p99 > 2*time.Millisecond {
			t.Errorf("%s: service p99 = %v, want it to hide the freeze", pacing, p99)
		}
	}
}

func TestFreezeOverTheEnd(t *testing.T) {
	c := freeze(t, 58500*time.Millisecond, 6500*time.Millisecond, "auto")
	near(t, "response p99", c.Response.Percentile(99), 5901*time.Millisecond, 0.01)
	near(t, "response p99.9", c.Response.Percentile(99.9), 6441*time.Millisecond, 0.01)
}

func near(t *testing.T, what string, got, want time.Duration, within float64) {
	t.Helper()
	if math.Abs(float64(got)/float64(want)-1) > within {
		t.Errorf("%s = %v, want %v ± %.0f %%", what, got, want, within*100)
	}
}

// TestFirstOfTheHouse: 100 arrivals a second for 10 s on one connection, and a
// target that freezes for 1 s once. By service time one request is slow.
func TestFirstOfTheHouse(t *testing.T) {
	s := parse(t, `
version: 1
name: house
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 10s, arrivals: uniform, max_vus: 1}
`)
	w := newWorld(target{answer: func(r request) reply {
		return reply{after: frozen(r.at, time.Millisecond, 5*time.Second, time.Second)}
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 11 * time.Second, Deadline: 21 * time.Second})
	p.checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	slow := c.Response.CountAbove(10 * time.Millisecond)
	if n := c.Service.CountAbove(10 * time.Millisecond); n != 1 {
		t.Errorf("%d requests are slow by service time, want 1", n)
	}
	if slow < 95 || slow > 115 {
		t.Errorf("%d requests are slow by response time, want about 100", slow)
	}
	if w.open != 1 {
		t.Errorf("%d connections, want 1", w.open)
	}
}
