package gate

import (
	"math"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// The distribution of the signed-rank statistic is that of all ways for signs to fall.
func TestRankTailIsExact(t *testing.T) {
	for n := 1; n <= 10; n++ {
		counts := make([]float64, n*(n+1)/2+1)
		for signs := range uint(1) << n {
			w := 0
			for s := signs; s != 0; s &= s - 1 {
				w += bits.TrailingZeros(s) + 1
			}
			counts[w]++
		}
		sum := 0.0
		for w, p := range rankTail(n) {
			sum += counts[w] / math.Exp2(float64(n))
			if math.Abs(p-sum) > 1e-12 {
				t.Fatalf("n=%d: P(W ≤ %d) = %v, not %v", n, w, p, sum)
			}
		}
	}
}

// A bound lies beyond a limit exactly where the evidence for that is as strong as the bound is sure.
func TestBoundsAndEvidenceAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.Float64Range(-1, 1), 6, 28).Draw(t, "d")
		limit := rapid.Float64Range(-1, 1).Draw(t, "limit")
		r := rank(d)
		low, high, left := r.bounds(outside)
		if left > outside || low > r.center() || high < r.center() {
			t.Fatalf("[%v, %v] about %v leaves %v", low, high, r.center(), left)
		}
		if (low > limit) != (r.above(limit) <= outside) || (high < limit) != (r.below(limit) <= outside) {
			t.Fatalf("[%v, %v], limit %v: above by %v, below by %v", low, high, limit, r.above(limit), r.below(limit))
		}
	})
}

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
