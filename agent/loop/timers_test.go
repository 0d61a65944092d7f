package loop

import (
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
