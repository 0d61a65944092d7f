package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// bad answers every trial with a share of bad requests of either side, and gives up as live trials do.
func bad(base, candidate float64) func(trial.Ask) trial.Told {
	return func(a trial.Ask) trial.Told {
		share := base
		if a.Side == Candidate {
			share = candidate
		}
		return trial.Told{Validity: stats.Valid, Requests: 10000, Counts: []trial.Count{{N: 10000, Bad: uint64(10000 * share), Clump: 5}},
			GaveUp: a.GiveUp > 0 && share > a.GiveUp, P50: 5 * time.Millisecond, P99: 40 * time.Millisecond, Throughput: a.Rate,
			Measured: a.Length, Took: a.Settle + a.Length + overhead}
	}
}

// A limit on the median lets half of the requests be slower: that two fifths are is no broken base.
func TestAClauseThatAllowsManyIsHeld(t *testing.T) {
	c := Config{Clauses: []trial.Clause{{Expr: "response_time: med<50ms", Allowed: 0.5}}, Capacity: 1000, Short: true}
	if r := play(New(c), bad(0.4, 0.4)); r.Verdict != Pass {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
	if r := play(New(c), bad(0.4, 0.9)); r.Verdict != Regression || r.Trials[3].Ask.GiveUp != r.Trials[2].Ask.GiveUp || !r.Trials[3].GaveUp {
		t.Errorf("%s: %s; %+v", r.Verdict, r.Why, r.Trials[3])
	}
}

// Against stored runs there is no base beside the candidate: a day on which everything is slower would
// look like a regression.
func TestAHoldWithoutAControlFailsNobody(t *testing.T) {
	c := Config{Clauses: []trial.Clause{{Expr: "response_time: p(99)<100ms", Allowed: 0.01}}, Capacity: 1000, Stored: storedRuns(12, 0.01)}
	for _, compare := range []bool{false, true} {
		c.Hold, c.Compare = true, compare
		r := play(New(c), bad(0, 0.05))
		if r.Verdict != Inconclusive || r.Hold.Verdict != Inconclusive || !strings.Contains(r.Why, "no base beside it") {
			t.Errorf("compare %v: %s: %s; hold %s", compare, r.Verdict, r.Why, r.Hold.Verdict)
		}
	}
	c.Compare = false
	if r := play(New(c), bad(0, 0)); r.Verdict != Pass {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
}

// Broken trials in a row end a gate: two that a good warm-up lies between are not in a row.
func TestAGoodWarmUpClearsABrokenOne(t *testing.T) {
	g := New(whole(1))
	broken := trial.Told{Broken: "connection refused", Took: time.Second}
	for i, broke := range []bool{true, false, false} {
		a, _ := g.Next()
		if told := bad(0, 0)(a); broke {
			g.Tell(broken)
		} else if g.Tell(told); a.Kind != WarmUp {
			t.Fatalf("trial %d is %+v", i+1, a)
		}
	}
	first, _ := g.Next()
	g.Tell(broken)
	second, more := g.Next()
	if !more || second.Side != first.Side {
		t.Fatalf("%+v after %+v: %s", second, first, g.Result().Why)
	}
	if first.Side != Base {
		g.Tell(bad(0, 0)(second))
		g.Tell(broken)
	}
	if r := g.Result(); r.Broken != "" {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
}
