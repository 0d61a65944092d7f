package capacity

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// dropping makes all trials of a search over connections, of which none are late; those that
// drop some do so by their load and number.
func dropping(drops func(load float64, number int) bool) Result {
	clauses := []trial.Clause{{Expr: "p(99)<200ms", Allowed: 0.01}}
	s := New(Config{Axis: Connections, Rate: 100, Start: 1000, Most: 200_000, Clauses: clauses})
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		t := trial.Told{Validity: stats.Valid, Measured: a.Length, Took: a.Settle + a.Length + time.Second, Counts: []trial.Count{{N: 10_000, Clump: 1}}}
		if drops(float64(a.Connections), a.Number) {
			t.Broke = []string{"connections: 30 were dropped"}
		}
		s.Tell(t)
	}
	return s.Result()
}

// TestOneMishapIsNoLimit: a target that holds 50,000 connections drops some once, at 16,000, or twice.
func TestOneMishapIsNoLimit(t *testing.T) {
	for name, mishaps := range map[string]int{"none": 0, "once": 1, "twice in a row": 2} {
		t.Run(name, func(t *testing.T) {
			left := mishaps
			r := dropping(func(load float64, _ int) bool {
				if load >= 15_000 && left > 0 {
					left--
					return true
				}
				return load > 50_000
			})
			if r.Outcome != Found || math.Abs(r.Capacity/50_000-1) > 0.03 || r.Low > 50_000 || r.High < 50_000 {
				t.Errorf("%s %.0f [%.0f, %.0f] %s %v", r.Outcome, r.Capacity, r.Low, r.High, r.Why, r.Flags)
			}
		})
	}
}

// TestSingleTrialsAreNoInterval: what held and what broke bound a capacity, with no confidence that could be told.
func TestSingleTrialsAreNoInterval(t *testing.T) {
	if r := dropping(func(load float64, _ int) bool { return load > 50_000 }); r.Confidence != 0 {
		t.Errorf("%s with confidence %v", r.Outcome, r.Confidence)
	}
	c := Config{Clauses: []trial.Clause{{Expr: "p(99)<200ms", Allowed: 0.01}}, Start: 100}
	m := &made{capacity: 749, b: 60}
	s := New(c)
	for range 6 {
		a, _ := s.Next()
		s.Tell(m.try(a, c.Clauses))
	}
	if r := s.Result(); r.Confidence != 0 || r.Low == 0 || r.High == 0 {
		t.Errorf("[%.0f, %.0f] with confidence %v, in the middle of a ramp", r.Low, r.High, r.Confidence)
	}
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		s.Tell(m.try(a, c.Clauses))
	}
	if r := s.Result(); r.Confidence != 0.95 {
		t.Errorf("confidence %v of a fit", r.Confidence)
	}
}

// TestAGoodFigureThatIsWiderThanAskedIsAnAnswer that says so, and one that is not confirmed is none.
func TestAGoodFigureThatIsWiderThanAskedIsAnAnswer(t *testing.T) {
	found := 0
	for seed := range uint64(4) {
		q := mmc(8, 100*time.Millisecond)
		q.Seed = seed
		r := search(q, Config{Precision: 0.015, Budget: 7 * time.Minute})
		half := math.Log(r.High/r.Low) / 2
		if r.Outcome == Found && half > 0.015 {
			if found++; r.Verified == 0 || r.Why != "" || half > 0.045 || !strings.Contains(strings.Join(r.Flags, "; "), "wider than the ±1.5 % asked: it would take") {
				t.Errorf("±%.1f %%, verified %.0f, %s %v", 100*half, r.Verified, r.Why, r.Flags)
			}
		}
		if r = search(q, Config{Budget: 100 * time.Second}); r.Outcome != Unfinished {
			t.Errorf("%s, verified %.0f, in 100 s", r.Outcome, r.Verified)
		}
	}
	if found < 2 {
		t.Errorf("%d of 4", found)
	}
}

// TestTheTimeThatIsMissingIsNotToldBeyondAnHour.
func TestTheTimeThatIsMissingIsNotToldBeyondAnHour(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Second: "about a minute longer", 61 * time.Second: "about 2 minutes longer",
		time.Hour: "about 60 minutes longer", time.Hour + 1: "more than an hour longer", math.MaxInt64: "more than an hour longer"} {
		if got := Longer(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}
