package stats

import (
	"math"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// The distribution of the signed-rank statistic is that of all ways for signs to fall.
func TestRankTailIsExact(t *testing.T) {
	for n := 0; n <= 10; n++ {
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
		d := rapid.SliceOfN(rapid.Float64Range(-1, 1), 0, 28).Draw(t, "d")
		limit, alpha := rapid.Float64Range(-1, 1).Draw(t, "limit"), rapid.SampledFrom([]float64{0.01, 0.025, 0.05}).Draw(t, "alpha")
		r := RankSigns(d)
		low, high := r.Bounds(alpha)
		if low > r.Center() || high < r.Center() {
			t.Fatalf("[%v, %v] about %v", low, high, r.Center())
		}
		if (low > limit) != (r.Above(limit) <= alpha) || (high < limit) != (r.Below(limit) <= alpha) {
			t.Fatalf("[%v, %v], limit %v: above by %v, below by %v", low, high, limit, r.Above(limit), r.Below(limit))
		}
		if widest, _, outside := r.Widest(alpha); math.IsInf(low, -1) != (outside > alpha || len(d) == 0) || !math.IsInf(low, -1) && widest != low {
			t.Fatalf("low %v, widest %v leaves out %v", low, widest, outside)
		}
	})
}

// Five differences can be 1 in 32 rare at most, six 1 in 64.
func TestFewDifferencesSayNothing(t *testing.T) {
	for n, sure := range map[int]bool{0: false, 1: false, 5: false, 6: true} {
		d := make([]float64, n)
		for i := range d {
			d[i] = 1
		}
		if low, high := RankSigns(d).Bounds(0.025); math.IsInf(low, -1) == sure || math.IsInf(high, 1) == sure {
			t.Errorf("%d differences: [%v, %v]", n, low, high)
		}
	}
	if low, high := RankSigns([]float64{3, 3, 3, 3, 3, 3, 3}).Bounds(0.025); low != 3 || high != 3 {
		t.Errorf("[%v, %v]", low, high)
	}
}
