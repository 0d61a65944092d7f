package loop

import (
	"fmt"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const warmedUp = `
version: 1
name: warm-up
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 10s}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: warm, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 5s, arrivals: uniform, record: false}
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 5s, arrivals: uniform}
`

// TestWarmUpIsCutByIntendedTime: the target stands still over the end of the
// warm-up. The requests that were meant to start in it end among those that are
// recorded, and are not; those that were meant to start after it, and were answered
// no sooner, are recorded with all that they waited.
func TestWarmUpIsCutByIntendedTime(t *testing.T) {
	for _, frozenFor := range []time.Duration{0, 2 * time.Second} {
		t.Run(fmt.Sprint(frozenFor), func(t *testing.T) {
			s := parse(t, warmedUp)
			w := newWorld(target{answer: func(r request) reply {
				return reply{after: frozen(r.at, time.Millisecond, 5*time.Second, frozenFor)}
			}})
			p := stage(t, s, w, nil)
			p.run(t, Begin{0, 0}, End{0, 5 * time.Second}, Begin{1, 5 * time.Second}, End{1, 10 * time.Second},
				Drain{At: 10 * time.Second, Deadline: 20 * time.Second})
			p.checkIdentity(t, s)
			warm, load := p.cell(t, s, "warm", "/x"), p.cell(t, s, "load", "/x")
			if warm.Classes[stats.OK] != 500 || load.Classes[stats.OK] != 500 {
				t.Errorf("%d of warm-up and %d recorded are ok, want 500 each", warm.Classes[stats.OK], load.Classes[stats.OK])
			}
			if frozenFor == 0 {
				return
			}
			if n := load.Response.CountAbove(100 * time.Millisecond); n < 185 || n > 205 {
				t.Errorf("%d recorded requests waited for the end of the freeze, want about 195", n)
			}
		})
	}
}

// TestWhatEndsAfterTheWarmUpIsNotRecorded: a target that is slow until the warm-up is
// over leaves nothing of that in what is recorded.
func TestWhatEndsAfterTheWarmUpIsNotRecorded(t *testing.T) {
	s := parse(t, warmedUp)
	w := newWorld(target{answer: func(r request) reply {
		if r.at < 5*time.Second {
			return reply{after: 3 * time.Second}
		}
		return reply{after: time.Millisecond}
	}})
	p := stage(t, s, w, nil)
	p.run(t, Begin{0, 0}, End{0, 5 * time.Second}, Begin{1, 5 * time.Second}, End{1, 10 * time.Second},
		Drain{At: 10 * time.Second, Deadline: 20 * time.Second})
	warm, load := p.cell(t, s, "warm", "/x"), p.cell(t, s, "load", "/x")
	if warm.Response.Count() != 500 || warm.Response.Min() < 3*time.Second {
		t.Errorf("warm-up: %d answers, the fastest after %s", warm.Response.Count(), warm.Response.Min())
	}
	if n := load.Response.CountAbove(100 * time.Millisecond); load.Response.Count() != 500 || n > 0 {
		t.Errorf("recorded: %d answers, %d of them slow", load.Response.Count(), n)
	}
}
