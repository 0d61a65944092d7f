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

// TestDrainInAPauseEndsHolds: held connections took the whole drain when a run was
// interrupted while it was paused.
func TestDrainInAPauseEndsHolds(t *testing.T) {
	s := parse(t, holding(5, "", "reconnect"))
	w := newWorld(target{})
	p := stage(t, s, w, nil)
	w.at(int64(6*time.Second), func() { p.loop.Do(Drain{At: 6 * time.Second, Deadline: 16 * time.Second}) })
	p.run(t, Begin{0, 0}, End{0, 60 * time.Second}, Pause{true, 3 * time.Second})
	if at, ok := p.at(0, Drained); !ok || at > 6100*time.Millisecond {
		t.Errorf("drained at %s (%v), want 6s", at, ok)
	}
}

// TestPauseKeepsClosedUsers: users answered in a pause, after what was to be the end
// of their phase, were retired: the end moves, and they go on.
func TestPauseKeepsClosedUsers(t *testing.T) {
	s := parse(t, `
version: 1
name: closed
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {x: {steps: [{get: /x}, {get: /y}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: 10, duration: 10s}]
`)
	after := 0
	w := newWorld(target{answer: func(r request) reply {
		if r.at > 8*time.Second && r.at < 9*time.Second {
			return reply{after: 3 * time.Second}
		}
		if r.at >= 15*time.Second {
			after++
		}
		return reply{after: 100 * time.Millisecond}
	}})
	p := stage(t, s, w, nil)
	w.at(int64(17*time.Second), func() { p.loop.Do(Drain{At: 17 * time.Second, Deadline: 20 * time.Second}) })
	p.run(t, Begin{0, 0}, Pause{true, 8500 * time.Millisecond}, Pause{false, 15 * time.Second})
	if want := 10 * 15 / 2; after < want { // 1.5 s are left, of which some pass before all are back
		t.Errorf("%d requests after the pause, want at least %d", after, want)
	}
	if aborted := p.total.Phases[0].IterAborted; aborted > 10 {
		t.Errorf("%d iterations were aborted", aborted)
	}
	if end, _ := p.at(0, Finished); end != 16500*time.Millisecond {
		t.Errorf("the phase ended at %s, want 16.5s", end)
	}
}

// TestPauseKeepsUsersApart: users who rest all came at once when a pause ended, and
// stayed together from then on.
func TestPauseKeepsUsersApart(t *testing.T) {
	s := parse(t, `
version: 1
name: closed
target: {base_url: "http://127.0.0.1:1"}
users: {u: {wait_time: {constant: 10s}, tasks: {x: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: ramping-vus, user: u, stages: [{duration: 10s, target: 1000}, {duration: 40s, target: 1000}]}]
`)
	bySecond := map[int]int{}
	w := newWorld(target{answer: func(r request) reply {
		bySecond[int(r.at/time.Second)]++
		return reply{after: time.Millisecond}
	}})
	p := stage(t, s, w, nil)
	w.at(int64(66*time.Second), func() { p.loop.Do(Drain{At: 66 * time.Second, Deadline: 70 * time.Second}) })
	p.run(t, Begin{0, 0}, Pause{true, 20 * time.Second}, Pause{false, 35 * time.Second})
	for second, n := range bySecond {
		if second > 20 && second < 34 || n > 110 {
			t.Errorf("%d requests in second %d, want none in the pause and about 100 otherwise", n, second)
		}
	}
	if bySecond[40] < 90 {
		t.Errorf("%d requests in second 40, want about 100", bySecond[40])
	}
}
