package gate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// What would have been found is told of what was seen: of nothing, nothing is.
func TestNothingSeenTellsNothing(t *testing.T) {
	g := New(whole(1))
	if r := g.Result(); r.Detectable != 0 || len(r.Operating) > 0 {
		t.Errorf("before any trial: %v, %v", r.Detectable, r.Operating)
	}
	broken := func(trial.Ask) trial.Told { return trial.Told{Broken: "connection refused", Took: time.Second} }
	if r := play(New(whole(1)), broken); r.Verdict != Invalid || r.Detectable != 0 || r.DetectedBy != "" {
		t.Errorf("%s, %v", r.Verdict, r.Detectable)
	}
	if r := play(New(whole(1)), bad(0.001, 0.001)); r.Detectable == 0 || r.DetectedBy == "" {
		t.Errorf("%s, %v by %q", r.Verdict, r.Detectable, r.DetectedBy)
	}
}

// A capacity that somebody names comes without how steep its edge is: the hold's own trials tell at
// least how steep it is, so the smallest change is told, and is hardly smaller than with the edge known. Where the base nearly
// breaks, nothing can be told, which is said.
func TestAHoldWithoutAKnownEdgeTellsWhatItFinds(t *testing.T) {
	for _, s := range []service{mm8(), mm2()} {
		unknown, n := 0, gates(2, 5, 30)
		for seed := range uint64(n) {
			rate, elasticity := s.capacity()
			q := s.queue(seed, 0)
			set := Config{Clauses: q.Clauses(), Capacity: rate, Elasticity: elasticity, Seed: seed, Short: true}
			known := play(New(set), s.queue(seed, 0).Try)
			set.Elasticity = 0
			guessed := play(New(set), q.Try)
			if guessed.Detectable == 0 {
				unknown++
			} else if len(guessed.Operating) == 0 || guessed.DetectedBy != ByHold || guessed.Detectable < 0.75*known.Detectable {
				t.Errorf("%s: %.1f %% by %s, %.1f %% where the edge is known", s.name, 100*guessed.Detectable, guessed.DetectedBy, 100*known.Detectable)
			}
			if words := strings.Join(guessed.Flags, "; "); !strings.Contains(words, "was not told") {
				t.Errorf("%s: %s", s.name, words)
			}
		}
		t.Logf("%s: not known in %d of %d gates", s.name, unknown, n)
		if s.servers == 8 && unknown > n/10 {
			t.Errorf("%s: not known in %d of %d gates", s.name, unknown, n)
		}
	}
}

// A percentile that failed requests reach into has no mean: the rest's would be that of the good ones.
func TestAFailedPercentileHasNoMean(t *testing.T) {
	half := 0
	try := func(a trial.Ask) trial.Told {
		told := bad(0, 0)(a)
		if half++; a.Side == Candidate && half%4 < 2 {
			told.P99 = 0
		}
		return told
	}
	set := Config{Compare: true, Capacity: 1000, Primary: []string{"p99"}}
	for _, all := range []bool{true, false} {
		r := play(New(set), func(a trial.Ask) trial.Told {
			told := try(a)
			if all && a.Side == Candidate {
				told.P99 = 0
			}
			return told
		})
		for _, m := range r.Metrics {
			if m.Name == "p99" && (m.Candidate != 0 || !m.CandidateFailed || m.BaseFailed || m.Base == 0) {
				t.Errorf("all %v: %+v", all, m)
			}
		}
		if strings.Contains(r.Why, "22025") || all && !strings.Contains(r.Why, "> +1000 %") {
			t.Errorf("%s: %s", r.Verdict, r.Why)
		}
	}
}

// What is called a regression lies beyond its margin as people read it, with its whole interval.
func TestARegressionLiesBeyondItsMargin(t *testing.T) {
	regressions := 0
	for i := range gates(100, 400, 1000) {
		like := noisy{sigma: 0.06, change: 0.09, random: rand.New(rand.NewPCG(99, uint64(i)))}
		r := play(New(whole(uint64(i))), like.Try)
		for _, m := range r.Metrics {
			if m.Primary && m.Verdict == Regression {
				if regressions++; m.Low <= m.Margin {
					t.Errorf("gate %d: %s %+.4f [%+.4f, %+.4f] is a regression by more than %v", i, m.Name, m.Change, m.Low, m.High, m.Margin)
				}
			}
		}
	}
	if regressions == 0 {
		t.Error("none was found")
	}
}

// A stored baseline is compared in any unit: an hour caps times, not requests a second.
func TestLargeThroughputsAreCompared(t *testing.T) {
	set := Config{Compare: true, Capacity: 10000, Primary: []string{"throughput"}, Stored: storedRuns(12, 0.01)}
	for i := range set.Stored {
		set.Stored[i].Values["throughput"] = 10000 * (1 + 0.001*float64(i%3-1))
	}
	r := play(New(set), func(a trial.Ask) trial.Told {
		told := bad(0, 0)(a)
		told.Throughput = 5000
		return told
	})
	for _, m := range r.Metrics {
		if m.Name == "throughput" && (r.Verdict != Regression || math.Abs(m.Change+0.5) > 0.01) {
			t.Errorf("%s: %+v", r.Verdict, m)
		}
	}
}
