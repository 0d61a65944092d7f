package gate

import (
	"math"
	"testing"
)

// The chain of the lead is that of all ways for trials to fall.
func TestLeadIsExact(t *testing.T) {
	for _, p := range []float64{0, 0.1, 0.5, 0.9, 1} {
		if got, want := foundBy(p), walk(p, 0, 0); math.Abs(got-want) > 1e-12 {
			t.Errorf("p=%v: %v, not %v", p, got, want)
		}
	}
}

func walk(p float64, lead, trials int) float64 {
	switch {
	case lead == -candidateLead:
		return 1
	case lead == candidateLead || trials == mostHolds:
		return 0
	}
	return p*walk(p, lead-1, trials+1) + (1-p)*walk(p, lead+1, trials+1)
}

// No more than alpha is spent on a side, whenever the last look comes.
func TestNoMoreThanAlphaIsSpent(t *testing.T) {
	for primaries := 1; primaries <= 5; primaries++ {
		for end := fewestPairs; end <= mostPairs; end++ {
			var l ledger
			for n := fewestPairs; n <= end; n++ {
				if _, ok := turnAt(n); ok {
					l.spend(n, primaries, false)
				}
			}
			l.spend(end, primaries, true)
			if l.pass > alpha+1e-12 || l.fail > alpha+1e-12 {
				t.Errorf("%d metrics, %d pairs: %+v", primaries, end, l)
			}
		}
	}
}
