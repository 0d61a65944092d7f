package loop

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const closedUsersOf = `
version: 1
name: closed
target: {base_url: "http://127.0.0.1:1"}
users: {u: {WAITtasks: {x: {steps: [{get: /x}]}}}}
phases: [{name: load, executor: constant-vus, user: u, vus: VUS, duration: 5s}]
`

// TestBusyIsTheShareWithWork: to send takes 50 µs, and an answer 150 µs. One user leaves the
// loop three quarters of the time, four and more nothing, and a user who waits nearly all.
func TestBusyIsTheShareWithWork(t *testing.T) {
	for name, c := range map[string]struct {
		users, wait   string
		least, utmost float64
	}{
		"one user":   {"1", "", 0.2, 0.35},
		"20 users":   {"20", "", 0.98, 1},
		"20 patient": {"20", "wait_time: {constant: 100ms}, ", 0, 0.05},
	} {
		s := parse(t, strings.NewReplacer("VUS", c.users, "WAIT", c.wait).Replace(closedUsersOf))
		var w *world
		w = newWorld(target{
			answer: func(request) reply { return reply{after: 150 * time.Microsecond} },
			send: func(int) syscall.Errno {
				w.stall(50 * time.Microsecond)
				return 0
			},
		})
		p := stage(t, s, w, nil)
		p.run(t, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 6 * time.Second})
		for _, cut := range p.snapshots[1:4] {
			if b := cut.Busy; !b.Known || b.Value < c.least || b.Value > c.utmost {
				t.Errorf("%s: second %d was busy %+v, want %g to %g", name, cut.Window, b, c.least, c.utmost)
			}
		}
	}
}

// TestSpinningIsNoWork: precise pacing spins for 25 µs up to each moment, which is waiting too.
// Of 100 µs the rest is work for 30: a send, and two waits.
func TestSpinningIsNoWork(t *testing.T) {
	s := parse(t, strings.Replace(overPool, "rate: 1000/s", "rate: 10000/s", 1))
	w := newWorld(target{answer: func(request) reply { return reply{after: 30 * time.Microsecond} }})
	p := stage(t, s, w, func(c *Config) { c.Pacing = "precise" })
	p.run(t, Begin{0, 0}, Begin{1, time.Second}, End{0, 5 * time.Second}, Drain{At: 5 * time.Second, Deadline: 6 * time.Second})
	for _, cut := range p.snapshots[2:4] {
		if b := cut.Busy; b.Value < 0.2 || b.Value > 0.4 {
			t.Errorf("second %d was busy %+v, want about 0.3", cut.Window, b)
		}
	}
}

// TestShareOfASecond: what a thread used and how often it slept say from two sides how much
// there was to do; whichever finds more is nearer.
func TestShareOfASecond(t *testing.T) {
	const second = stats.Offset(time.Second)
	for name, c := range map[string]struct {
		waited, longest, spun time.Duration
		used                  threadUse
		want                  stats.Reading[float64]
	}{
		"slept":                             {700 * time.Millisecond, time.Millisecond, 0, threadUse{cpu: 280e6, slept: 9000}, stats.Read(0.3)},
		"the kernel worked while it waited": {700 * time.Millisecond, time.Millisecond, 0, threadUse{cpu: 900e6, slept: 9000}, stats.Read(0.9)},
		"the kernel's work is not told":     {700 * time.Millisecond, 2 * time.Millisecond, 0, threadUse{cpu: 500e6, slept: 10}, stats.Read(0.98)},
		"others had the core":               {0, 0, 0, threadUse{cpu: 400e6, slept: 0}, stats.Read(1.0)},
		"sleeps are not known":              {700 * time.Millisecond, time.Millisecond, 0, threadUse{cpu: 280e6, slept: untold}, stats.Read(0.3)},
		"it spun":                           {500 * time.Millisecond, time.Millisecond, 300 * time.Millisecond, threadUse{cpu: 500e6, slept: 5000}, stats.Read(0.2)},
		"nothing but spins":                 {0, 0, time.Second, threadUse{cpu: 900e6}, stats.Read(0.0)},
	} {
		l := leisure{waited: c.waited, longest: c.longest, spun: c.spun}
		if c.used.slept == untold {
			l.then.slept = untold
		}
		if got := l.close(second, c.used); got.Known != c.want.Known || got.Value < c.want.Value-1e-9 || got.Value > c.want.Value+1e-9 {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if l.waited+l.longest+l.spun != 0 || l.since != second {
			t.Errorf("%s: %+v begins the next second", name, l)
		}
	}
	if got := new(leisure).close(5*stats.Offset(time.Millisecond), threadUse{}); got.Known {
		t.Errorf("5 ms say %+v", got)
	}
}

// TestWaitsBeforeTheEpoch are no leisure of the first window.
func TestWaitsBeforeTheEpoch(t *testing.T) {
	const ms = stats.Offset(time.Millisecond)
	var l leisure
	l.close(-800*ms, threadUse{})
	l.wait(-800*ms, -300*ms, -300*ms, 0)
	l.wait(-300*ms, 250*ms, 900*ms, 1)
	if got := l.close(1000*ms, threadUse{slept: 2}); got != stats.Read(0.75) {
		t.Errorf("%+v, want 0.75", got)
	}
}
