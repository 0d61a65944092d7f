package capacity

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
)

// search is one of a queue, from 100/s.
func search(q virtual.Queue, c Config) Result {
	c.Clauses, c.Start = q.Clauses(), or(c.Start, 100)
	s := New(c)
	drive(s, &q)
	return s.Result()
}

// some is how many searches of a world to make that is not held to a bar.
func some() int {
	n, _ := searches()
	return max(3, n*3/10)
}

// TestSearchesOfSeveralLimitsFindTheSmallest: of p50, p99 and failures it is p99.
func TestSearchesOfSeveralLimitsFindTheSmallest(t *testing.T) {
	n := some()
	good, limiting := 0, 0
	for seed := range n {
		q := mmc(8, 100*time.Millisecond)
		q.Seed = uint64(seed)
		q.Limits = []virtual.Limit{{Above: 40 * time.Millisecond, Allowed: 0.5}, q.Limits[0], {Above: time.Minute, Allowed: 0.001}}
		r := search(q, Config{})
		if math.Abs(math.Log(r.Capacity/capacityOf(8, 0.1))) < 0.05 {
			good++
		}
		if r.Limiting == 1 && !r.Fits[2].Known {
			limiting++
		}
	}
	t.Logf("of %d: %d within 5 %%, %d limited by p99", n, good, limiting)
	if good < n*9/10 || limiting < n*9/10 {
		t.Errorf("of %d: %d within 5 %%, %d limited by p99", n, good, limiting)
	}
}

// TestNoMoreIsClaimedThanTheGeneratorAllowed, whether it is the generator's limit or one that
// somebody set, far below the capacity or near.
func TestNoMoreIsClaimedThanTheGeneratorAllowed(t *testing.T) {
	for _, most := range []float64{300, 650, 745} {
		for seed := range uint64(4) {
			q := mmc(8, 100*time.Millisecond)
			q.Seed = seed
			set := search(q, Config{Most: most})
			q.Most = most
			limited := search(q, Config{})
			for _, r := range []Result{set, limited} {
				if r.Low > most || r.Outcome == AtLeast && (r.Capacity > most || r.High != 0 || r.Why == "") || most < 700 && r.Outcome != AtLeast {
					t.Errorf("most %.0f, seed %d: %s %.1f [%.1f, %.1f]: %s", most, seed, r.Outcome, r.Capacity, r.Low, r.High, r.Why)
				}
			}
		}
	}
}

// TestNoLoadHoldsALimitBelowTheService: half of the services take longer than 7 ms.
func TestNoLoadHoldsALimitBelowTheService(t *testing.T) {
	q := mmc(8, 5*time.Millisecond)
	if r := search(q, Config{}); r.Outcome != Nothing || r.Capacity != 0 || !strings.Contains(r.Why, "even") {
		t.Errorf("%s %.1f: %s", r.Outcome, r.Capacity, r.Why)
	}
}

// TestATargetThatBecomesSlowerIsUnstable, with both figures, while one that stays as it is
// hardly ever is called so (the bars tell).
func TestATargetThatBecomesSlowerIsUnstable(t *testing.T) {
	n := some()
	unstable := 0
	for seed := range n {
		q := mmc(8, 100*time.Millisecond)
		q.Seed = uint64(seed)
		q.Slow = func(a trial.Ask) float64 {
			if a.Number > 13 {
				return 1.1
			}
			return 1
		}
		if r := search(q, Config{}); r.Outcome == Unstable && strings.Contains(r.Why, "early") {
			unstable++
		}
	}
	t.Logf("%d of %d", unstable, n)
	if unstable < n*6/10 {
		t.Errorf("%d of %d", unstable, n)
	}
}

// TestATargetThatWarmsUpIsNotTakenForSmall: for the first five trials services take three times as long.
func TestATargetThatWarmsUpIsNotTakenForSmall(t *testing.T) {
	good := 0
	for seed := range uint64(5) {
		q := mmc(8, 100*time.Millisecond)
		q.Seed = seed
		q.Slow = func(a trial.Ask) float64 {
			if a.Number <= 5 {
				return 3
			}
			return 1
		}
		r := search(q, Config{})
		if r.Outcome == Unstable || len(r.Flags) > 0 && r.High > 700 {
			good++
		} else {
			t.Logf("seed %d: %s %.1f [%.1f, %.1f] %s %v", seed, r.Outcome, r.Capacity, r.Low, r.High, r.Why, r.Flags)
		}
	}
	if good < 4 {
		t.Errorf("%d of 5", good)
	}
}

// TestATargetThatDiesLeavesWhatIsKnown: from trial 12 on there is none.
func TestATargetThatDiesLeavesWhatIsKnown(t *testing.T) {
	q := mmc(8, 100*time.Millisecond)
	s := New(Config{Clauses: q.Clauses(), Start: 100})
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		if a.Number >= 12 {
			s.Tell(trial.Told{Broken: "connection refused", Took: time.Second})
			continue
		}
		s.Tell(q.Try(a))
	}
	r := s.Result()
	if r.Outcome != Broken || r.Why != "connection refused" || len(r.Trials) != 13 || r.Low == 0 || r.High == 0 {
		t.Errorf("%s %.1f [%.1f, %.1f], %d trials: %s", r.Outcome, r.Capacity, r.Low, r.High, len(r.Trials), r.Why)
	}
}
