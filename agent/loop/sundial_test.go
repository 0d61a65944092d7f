package loop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/stats"
)

const underAClock = `
version: 1
name: clock
target: {base_url: "http://127.0.0.1:1"}
users:
  u: {tasks: {get: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1000/s, duration: 4s, arrivals: poisson}
`

// timed is what a loop measured by ticks, so that what is read late shows by how much,
// under a wall clock that is wrong by skew, or made wrong by shift.
func timed(t *testing.T, skew func(int64) time.Duration, shift func(stats.Offset) time.Duration) *stats.CellStats {
	t.Helper()
	s := parse(t, underAClock)
	r := rand.New(rand.NewPCG(1, 1))
	w := newWorld(target{answer: func(request) reply {
		return reply{after: time.Duration(1e5 + r.ExpFloat64()*3e6)}
	}})
	w.skew = skew
	p := stage(t, s, w, func(c *Config) { c.Pacing, c.WallShift = "ticks", shift })
	p.run(t, Begin{0, 0}, Drain{At: 4 * time.Second, Deadline: 14 * time.Second})
	p.checkIdentity(t, s)
	return p.cell(t, s, "load", "/x")
}

// wrongs are ways in which a wall clock may be wrong.
var wrongs = map[string]func(at time.Duration) time.Duration{
	"ahead by 500ms":     func(time.Duration) time.Duration { return 500 * time.Millisecond },
	"behind by 500ms":    func(time.Duration) time.Duration { return -500 * time.Millisecond },
	"set ahead by 500ms": stepped(500 * time.Millisecond),
	"set back by 500ms":  stepped(-500 * time.Millisecond),
	"set ahead by 50ms":  stepped(50 * time.Millisecond),
	"set back by 50ms":   stepped(-50 * time.Millisecond),
	"set ahead by 5ms":   stepped(5 * time.Millisecond),
	"set back by 5ms":    stepped(-5 * time.Millisecond),
	"set back by 2ms":    stepped(-2 * time.Millisecond),
	"set to and fro": func(at time.Duration) time.Duration {
		return time.Duration(at/(700*time.Millisecond)%2) * 20 * time.Millisecond
	},
}

func stepped(by time.Duration) func(time.Duration) time.Duration {
	return func(at time.Duration) time.Duration {
		if at < 1500*time.Millisecond+300*time.Microsecond {
			return 0
		}
		return by
	}
}

// TestNothingMeasuredDependsOnTheWallClock: where it was set ahead by 5 ms, answers
// were said to have come 5 ms before they did.
func TestNothingMeasuredDependsOnTheWallClock(t *testing.T) {
	want := timed(t, nil, nil)
	if want.Classes[stats.OK] < 3800 {
		t.Fatalf("classes %v", want.Classes)
	}
	for name, wrong := range wrongs {
		for way, got := range map[string]*stats.CellStats{
			"the machine's": timed(t, func(clock int64) time.Duration { return wrong(time.Duration(clock)) }, nil),
			"falsified":     timed(t, nil, wrong),
		} {
			same(t, fmt.Sprintf("%s clock %s: response", way, name), got.Response, want.Response)
			same(t, fmt.Sprintf("%s clock %s: service", way, name), got.Service, want.Service)
			same(t, fmt.Sprintf("%s clock %s: first byte", way, name), got.FirstByte, want.FirstByte)
		}
	}
}

// TestASlewedClock moves what is measured by less than a microsecond.
func TestASlewedClock(t *testing.T) {
	slewed := func(at time.Duration) time.Duration { return at / 2000 }
	want, got := timed(t, nil, nil), timed(t, nil, slewed)
	if off := (got.Response.Mean() - want.Response.Mean()).Abs(); off > time.Microsecond {
		t.Errorf("the mean moved by %s", off)
	}
}

func same(t *testing.T, what string, got, want *stats.Histogram) {
	t.Helper()
	if !bytes.Equal(got.Sparse(), want.Sparse()) {
		t.Errorf("%s: %d values, p50 %s, p99 %s, mean %s; want %d, %s, %s, %s", what, got.Count(), got.Percentile(50), got.Percentile(99), got.Mean(),
			want.Count(), want.Percentile(50), want.Percentile(99), want.Mean())
	}
}

// TestASundialIsRight: whenever the clock was set and by whatever, a stamp is given its
// own moment, or none where it may be of either clock.
func TestASundialIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := func(name string, least, most int64) stats.Offset {
			return stats.Offset(rapid.Int64Range(least, most).Draw(t, name)) * time.Microsecond
		}
		set, by := micros("set", 0, 1_000_000), micros("by", -600_000, 600_000)
		wall := func(at stats.Offset) int64 {
			if at >= set {
				return boot + int64(at+by)
			}
			return boot + int64(at)
		}
		d, now := newSundial(), stats.Offset(0)
		d.look(now, wall(now))
		for range 200 {
			before := now
			now += micros("until the next look", 1, 20_000)
			came := before + stats.Offset(rapid.Int64Range(0, int64(now-before)).Draw(t, "came"))
			d.look(now, wall(now))
			at, told := d.moment(wall(came), now)
			if off := (at - came).Abs(); told && off > 0 && off > min(by.Abs(), readApart) {
				t.Fatalf("set by %s at %s; what came at %s and was read at %s is said to have come at %s", by, set, came, now, at)
			}
			if since := now - set; !told && by.Abs() > 30*time.Millisecond && (since < 0 || since > 0 && before > set) {
				t.Fatalf("set by %s at %s; nothing is said of what came at %s and was read at %s", by, set, came, now)
			}
		}
	})
}

// TestAStepIsSeenHoweverLongTheLoopSlept: what came before a wall clock was set by less than
// a millisecond, or before the loop lost its core between the two readings, is not said to
// have come earlier.
func TestAStepIsSeenHoweverLongTheLoopSlept(t *testing.T) {
	const slept, by = time.Second, 500 * time.Microsecond
	d := newSundial()
	d.look(0, boot)
	d.look(slept, boot+int64(slept+by))
	for _, came := range []time.Duration{slept / 2, slept - 10*time.Microsecond} {
		if at, told := d.moment(boot+int64(came), slept); told && at != came {
			t.Errorf("what came at %s is said to have come at %s", came, at)
		}
	}
}

// TestWhatWaitedUnreadIsGivenItsOwnClock: bytes from before the clock was set, read
// long after.
func TestWhatWaitedUnreadIsGivenItsOwnClock(t *testing.T) {
	for _, by := range []time.Duration{-300 * time.Millisecond, 300 * time.Millisecond} {
		d := newSundial()
		d.look(0, boot)
		d.look(time.Second, boot+int64(time.Second))
		d.look(1100*time.Millisecond, boot+int64(1100*time.Millisecond+by))
		d.look(5*time.Second, boot+int64(5*time.Second+by))
		came := 500 * time.Millisecond
		if at, told := d.moment(boot+int64(came), 5*time.Second); !told || at != came {
			t.Errorf("set by %s: what came at %s is said to have come at %s, %v", by, came, at, told)
		}
	}
}
