package fit

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, by)
	}
}

func TestAPercentileIsAtItsRank(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, c := range []struct {
		values  []float64
		p, want float64
	}{
		{hundred, 99, 99}, {hundred, 99.9, 100}, {hundred, 50, 50}, {hundred, 0.5, 1}, {hundred, 100, 100},
		{[]float64{7}, 50, 7}, {[]float64{1, 2, 3}, 50, 2},
	} {
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("p%g of %d: %v, want %v", c.p, len(c.values), got, c.want)
		}
	}
	if !math.IsNaN(Percentile(nil, 50)) {
		t.Error("nothing has a median")
	}
}

// The published critical values of the limit.
func TestKolmogorov(t *testing.T) {
	for x, want := range map[float64]float64{1.22385: .10, 1.35810: .05, 1.62762: .01, 1.94947: .001, 0.82757: .5, 0.1: 1, 0.2: 1, 0.3: .99999, 8: 0} {
		near(t, "P(K > x)", kolmogorov(x), want, 1e-5)
	}
}

// The published critical values of small samples (Miller, 1956): values whose distance
// is the critical one have its probability.
func TestUniformOfAFew(t *testing.T) {
	for _, c := range []struct {
		n           int
		critical, p float64
	}{{5, .56328, .05}, {10, .40925, .05}, {10, .48893, .01}, {20, .29408, .05}, {20, .35241, .01}, {100, .13403, .05}, {100, .16081, .01}} {
		values := make([]float64, c.n) // as even as can be, then all moved up
		for i := range values {
			values[i] = math.Min(float64(i)/float64(c.n)+c.critical, 1)
		}
		near(t, "the distance", distance(values), c.critical, 1e-9)
		near(t, "p", Uniform(values), c.p, .01*math.Sqrt(c.p)) // of .05 by .002
	}
	if Uniform(nil) != 1 {
		t.Error("nothing can be said of no arrivals")
	}
}

// p of even values is even itself, and p of others is small.
func TestUniformTellsThemApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ps, odd := []float64{}, 0
	for range 2000 {
		even, other := make([]float64, 300), make([]float64, 300)
		for i := range even {
			even[i] = rng.Float64()
			other[i] = math.Pow(rng.Float64(), 1.4)
		}
		ps = append(ps, Uniform(Sorted(even)))
		if Uniform(Sorted(other)) > .01 {
			odd++
		}
	}
	if p := Uniform(Sorted(ps)); p < .01 {
		t.Errorf("probabilities of even values are not even: p = %v", p)
	}
	if odd > 200 {
		t.Errorf("%d of 2000 uneven samples pass for even", odd)
	}
}

func TestDispersionTellsClocksAndBurstsFromChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var chance, clock, bursts []float64
	at := 0.0
	for i := range 40_000 {
		at += rng.ExpFloat64() / 1000
		chance = append(chance, at)
		clock = append(clock, float64(i)/1000)
		bursts = append(bursts, math.Floor(float64(i)/50)/20) // fifty at once
	}
	dispersion := func(moments []float64) float64 { return Dispersion(Counts(moments, .01, 3900)) }
	near(t, "dispersion of chance", dispersion(chance), 1, .08)
	near(t, "dispersion of a clock", dispersion(clock), 0, .05)
	if d := dispersion(bursts); d < 5 {
		t.Errorf("dispersion of bursts is %v", d)
	}
}

func TestSlope(t *testing.T) {
	// Anscombe's first: slope 0.5001 with a standard error of 0.1179.
	x := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	y := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	slope, deviation := Slope(x, y)
	near(t, "the slope", slope, .5001, 1e-4)
	near(t, "its error", deviation, .1179, 1e-4)
	if slope, deviation = Slope([]float64{1, 1, 1}, []float64{1, 2, 3}); !math.IsNaN(slope) || !math.IsNaN(deviation) {
		t.Errorf("points above each other have slope %v ± %v", slope, deviation)
	}
}

func TestWindows(t *testing.T) {
	moments := []float64{1.75, 0.5, 1.25, -0.1, 2.5, 3}
	if got := Counts(moments, 1, 3); got[0] != 1 || got[1] != 2 || got[2] != 1 {
		t.Errorf("%v", got)
	}
	w := Windows(moments, 1, 2)
	if len(w[0]) != 1 || w[0][0] != .5 || len(w[1]) != 2 || w[1][0] != .25 || w[1][1] != .75 {
		t.Errorf("%v", w)
	}
}
