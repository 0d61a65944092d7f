package virtual

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/target/queue"
)

func dm1(length time.Duration, seed uint64) Run {
	return Run{Rate: 80, Law: arrival.Uniform, Length: length, Seed: seed,
		Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 1, Seed: seed}}
}

// TestConstantPacingHasItsKnownTail: D/M/1 at ρ = 0.8 and μ = 100/s, played with the
// arrivals of the real schedule for eight hours of virtual time, has p99 = 124.0 ms; half
// an hour has it too, as far as luck lets it.
func TestConstantPacingHasItsKnownTail(t *testing.T) {
	const want = 124.0
	if p99 := fit.Percentile(dm1(8*time.Hour, 1).Responses(), 99); math.Abs(p99/want-1) > .05 {
		t.Errorf("p99 of eight hours is %.1f ms, want %.1f within 5 %%", p99, want)
	}
	low, high := dm1(30*time.Minute, 1).Luck(20, 99)
	if low[0] > want || high[0] < want || high[0]/low[0] > 1.25 {
		t.Errorf("p99 of half an hour lies between %.1f and %.1f ms, want %.1f within", low[0], high[0], want)
	}
}

// TestTheScheduleIsTheRuns: a scenario's first phase has the same arrivals.
func TestTheScheduleIsTheRuns(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte(`
version: 1
name: x
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases: [{name: load, user: u, executor: constant-arrival-rate, rate: 300/s, arrivals: poisson, duration: 20s}]
`), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &s.Phases[0]
	theirs := arrival.New(p.Profile, p.Arrivals, arrival.Mix(5, 0), arrival.Whole())
	due := Run{Rate: 300, Law: arrival.Poisson, Length: 20 * time.Second, Seed: 5}.Arrivals()
	for i, at := range due {
		if a, ok := theirs.Next(); !ok || a.At.Seconds() != at {
			t.Fatalf("arrival %d is due at %v s, the scenario's at %v (%v)", i, at, a.At, ok)
		}
	}
	if _, more := theirs.Next(); more || len(due) < 5000 {
		t.Errorf("%d arrivals, and the scenario has more: %v", len(due), more)
	}
}

func TestOtherLuckIsAnotherRun(t *testing.T) {
	r := dm1(time.Minute, 3)
	same, other := r.Responses(), r.Other(1).Responses()
	if again := r.Responses(); fit.Percentile(again, 99) != fit.Percentile(same, 99) {
		t.Error("a seed is not one run")
	}
	if fit.Percentile(other, 99) == fit.Percentile(same, 99) {
		t.Error("another seed is the same run")
	}
}
