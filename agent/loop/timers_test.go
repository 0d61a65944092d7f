package loop

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestOldConnectTimeouts: under churn a place's connections are told apart again as
// one 32,768 before them was, and the timer of that one ended a connection just begun.
func TestOldConnectTimeouts(t *testing.T) {
	s := parse(t, `
version: 1
name: churn
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 40s, connect_timeout: 30s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, vus: 1, duration: 31s, pool: {reuse: none}}]
`)
	const apart = 1 << 15 // a connection takes two of 1<<16 generations
	var w *world
	w = newWorld(target{
		dial: func(n int) (time.Duration, syscall.Errno) {
			if n == apart {
				return 31*time.Second - time.Duration(w.clock), 0
			}
			return 20 * time.Microsecond, 0
		},
		answer: func(request) reply { return reply{after: 20 * time.Microsecond} },
	})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 32 * time.Second, Deadline: 90 * time.Second})
	p.checkIdentity(t, s)
	if c := p.total.Cells[0]; c.Intended != apart+1 || c.Classes[stats.OK] != c.Intended {
		t.Errorf("%d requests: %v, errors %+v; want %d, all ok", c.Intended, c.Classes, p.total.Errors, apart+1)
	}
}

// TestShortWaitsBehindLongOnes: only the head of a queue was looked at, and a request
// with 200 ms behind one with 30 s became not_sent 29.6 s after it was due.
func TestShortWaitsBehindLongOnes(t *testing.T) {
	for _, load := range []string{
		"constant-arrival-rate, rate: 10/s, duration: 4s, arrivals: uniform, max_lag: 30s",
		"constant-vus, vus: 20, duration: 4s",
	} {
		s := parse(t, fmt.Sprintf(`
version: 1
name: waits
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 30s}
users: {u: {tasks: {long: {steps: [{get: /long}]}, short: {steps: [{get: /short, timeout: 200ms}]}}}}
phases: [{name: load, executor: %s, pool: {reuse: shared, max: 1}}]
`, load))
		longs := 0
		w := newWorld(target{answer: func(r request) reply {
			if strings.HasPrefix(string(r.text), "GET /long") {
				if longs++; longs == 3 {
					return reply{after: 10 * time.Second}
				}
			}
			return reply{after: 50 * time.Millisecond}
		}})
		p := stage(t, s, w, nil).run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 60 * time.Second})
		p.checkIdentity(t, s)
		long, short := p.cell(t, s, "load", "/long"), p.cell(t, s, "load", "/short")
		if long.Classes[stats.OK] < 10 || long.Classes[stats.OK] != long.Intended {
			t.Errorf("%s: /long %v of %d, want all ok", load, long.Classes, long.Intended)
		}
		if short.Classes[stats.NotSent] < 5 || short.Classes[stats.NotSent]+short.Classes[stats.OK]+short.Classes[stats.Timeout] != short.Intended {
			t.Errorf("%s: /short %v of %d", load, short.Classes, short.Intended)
		}
		for _, e := range p.total.Errors {
			for _, one := range e.Samples {
				if one.Response > 210*time.Millisecond {
					t.Errorf("%s: a /short ended after %v as %s", load, one.Response, e.Kind)
				}
			}
		}
	}
}
