package loop

import (
	"testing"
	"time"
)

const twoPhases = `
version: 1
name: two
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {x: {steps: [{get: /x}]}}}
phases:
  - {name: one, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 4s, arrivals: uniform}
  - {name: two, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 2s, arrivals: uniform}
`

// TestPauseMovesWhatIsToCome: phases begun and to begin lose nothing by a pause,
// nothing is issued during it, and the loop sleeps through it.
func TestPauseMovesWhatIsToCome(t *testing.T) {
	s := parse(t, twoPhases)
	from, until := 1500*time.Millisecond, 6500*time.Millisecond
	var sent []time.Duration
	w := newWorld(target{answer: func(r request) reply {
		sent = append(sent, r.at)
		return reply{after: time.Millisecond}
	}})
	p := stage(t, s, w, nil)
	waits := map[time.Duration]int{}
	for _, at := range []time.Duration{2 * time.Second, 6 * time.Second} {
		w.at(int64(at), func() { waits[at] = w.waits })
	}
	w.at(int64(11500*time.Millisecond), func() { p.loop.Do(Drain{At: 11500 * time.Millisecond, Deadline: 13 * time.Second}) })
	p.run(t, Begin{0, 0}, Begin{1, 4 * time.Second}, Pause{true, from}, Pause{false, until})
	p.checkIdentity(t, s)
	if a, b := p.total.Phases[0].IterIntended, p.total.Phases[1].IterIntended; a != 400 || b != 100 {
		t.Errorf("%d and %d arrivals, want 400 and 100", a, b)
	}
	for _, at := range sent {
		if at > from+2*time.Millisecond && at < until {
			t.Fatalf("a request was sent at %s, in the pause", at)
		}
	}
	if end, _ := p.at(0, Finished); end != 9*time.Second {
		t.Errorf("the first phase ended at %s, want 9s", end)
	}
	if n := waits[6*time.Second] - waits[2*time.Second]; n > 50 {
		t.Errorf("the loop woke %d times in 4 s of pause", n)
	}
	near(t, "pacer lag", p.total.Phases[1].PacerLag.Max(), 100*time.Microsecond, 1)
}
