package arrival

import (
	"math"
	"testing"
	"time"
)

// TestPoissonIsPoisson counts arrivals in windows: for a Poisson process mean and
// variance are equal, for the whole and for any share of it. Thinning by index
// instead of by chance would fail here: every second arrival is far too regular.
func TestPoissonIsPoisson(t *testing.T) {
	p := Profile{{From: 100, To: 100, Duration: 1000 * time.Second}}
	whole := Whole()
	for name, share := range map[string]Share{
		"whole": whole, "half": whole.Split(2)[1], "tenth": whole.Split(10)[3],
		"of a third": whole.Split(3)[2].Split(4)[1].Join(whole.Split(3)[0]),
	} {
		counts := make([]float64, 1000)
		for _, a := range all(New(p, Poisson, 42, share)) {
			counts[min(int(a.At/time.Second), 999)]++
		}
		mean, variance := moments(counts)
		want := 100 * fractionOf(share)
		// Of 1000 windows the dispersion has standard deviation √(2/999) ≈ 0.045.
		if d := variance / mean; d < 0.82 || d > 1.18 || math.Abs(mean-want) > 4*math.Sqrt(want/1000) {
			t.Errorf("%s: mean %v (want %v), dispersion %v (want 1)", name, mean, want, d)
		}
	}
}

func fractionOf(s Share) float64 {
	sum := 0.0
	for _, slot := range s {
		sum += 1 / float64(slot.Of)
	}
	return sum
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}

// TestGapsAreExponential compares the gaps with 1 − e⁻ˣ by Kolmogorov and Smirnov's
// distance.
func TestGapsAreExponential(t *testing.T) {
	list := all(New(Profile{{From: 1000, To: 1000, Duration: 100 * time.Second}}, Poisson, 3, Whole().Split(4)[2]))
	seen := make([]float64, 0, len(list))
	for i := 1; i < len(list); i++ {
		seen = append(seen, (list[i].At-list[i-1].At).Seconds()*250)
	}
	distance := 0.0
	for x := 0.05; x < 6; x += 0.05 {
		below := 0
		for _, gap := range seen {
			if gap <= x {
				below++
			}
		}
		distance = max(distance, math.Abs(float64(below)/float64(len(seen))-(1-math.Exp(-x))))
	}
	if limit := 1.95 / math.Sqrt(float64(len(seen))); distance > limit { // p < 0.001
		t.Errorf("%d gaps, distance %v > %v", len(seen), distance, limit)
	}
}

func TestRandIsEven(t *testing.T) {
	r := NewRand(1)
	seen := make([]float64, 10)
	sum := 0.0
	for range 100_000 {
		seen[r.IntN(10)]++
		sum += r.Exp() + r.Float64()
	}
	for i, n := range seen {
		if math.Abs(n-10_000) > 450 {
			t.Errorf("%d was drawn %v times of 100,000", i, n)
		}
	}
	if math.Abs(sum/100_000-1.5) > 0.02 {
		t.Errorf("the means of Exp and Float64 add up to %v, want 1.5", sum/100_000)
	}
	if r.IntN(0) != 0 || r.IntN(-1) != 0 || r.IntN(1) != 0 {
		t.Error("an empty range gives 0")
	}
}

func TestShareOfCountsKeys(t *testing.T) {
	for n := range uint64(50) {
		for _, s := range append(Whole().Split(3), Whole().Split(7)[5].Split(2)[1].Join(Whole().Split(7)[0]), nil) {
			count := uint64(0)
			for key := range n {
				if s.Owns(key) {
					count++
				}
			}
			if s.Of(n) != count {
				t.Fatalf("%v owns %d keys below %d, Of says %d", s, count, n, s.Of(n))
			}
		}
	}
}

// TestSplittingForEverKeepsThePartition: agents lost one after another split their
// shares again and again, past what 64 bits could hold.
func TestSplittingForEverKeepsThePartition(t *testing.T) {
	s, rest := Whole(), Share(nil)
	for range 30 {
		parts := s.Split(40)
		s = parts[0]
		for _, p := range parts[1:] {
			rest = rest.Join(p)
		}
	}
	for key := range uint64(10_000) {
		owners := 0
		for _, slot := range s.Join(rest) {
			if slot.Owns(key * 0x9E3779B97F4A7C15) {
				owners++
			}
		}
		if owners != 1 {
			t.Fatalf("key %d has %d owners", key, owners)
		}
	}
}
