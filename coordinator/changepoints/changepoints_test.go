package changepoints

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// series draws values about levels, one for each run of n, with noise of 3 %.
func series(seed uint64, n int, levels ...float64) (all []Point) {
	random := rand.New(rand.NewPCG(seed, 3))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, level := range levels {
		for range n {
			all = append(all, Point{at, level * (1 + 0.03*random.NormFloat64())})
			at = at.Add(24 * time.Hour)
		}
	}
	return all
}

func many(short, normal int) uint64 {
	if testing.Short() {
		return uint64(short)
	}
	return uint64(normal)
}

func TestStepOfTenPerCentIsFoundWhereItIs(t *testing.T) {
	n, found, near := many(20, 100), 0, 0
	for seed := range n {
		got := Find(series(seed, 20, 100, 110), Config{Seed: seed})
		if len(got) >= 1 {
			found++
		}
		if len(got) == 1 && got[0].Index >= 19 && got[0].Index <= 21 {
			near++
		}
	}
	t.Logf("10 %%, noise 3 %%, 40 values: found in %d of %d, alone and within one value in %d", found, n, near)
	if float64(found) < 0.99*float64(n) || float64(near) < 0.85*float64(n) {
		t.Errorf("found in %d of %d, within one value in %d", found, n, near)
	}
}

func TestNoiseAloneIsNoChange(t *testing.T) {
	n, found := many(50, 300), 0
	for seed := range n {
		if len(Find(series(seed, 40, 100), Config{Seed: seed, Permutations: 199})) > 0 {
			found++
		}
	}
	t.Logf("noise alone, 40 values: a change in %d of %d", found, n)
	if float64(found) > 0.02*float64(n)+2 {
		t.Errorf("a change in %d of %d", found, n)
	}
}

func TestSeveralStepsAreFound(t *testing.T) {
	got := Find(series(1, 15, 100, 120, 105, 130), Config{Seed: 1})
	t.Logf("%+v", got)
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, c := range got {
		if d := c.Index - 15*(i+1); d < -1 || d > 1 || c.Time.IsZero() || c.P > 0.01 {
			t.Errorf("%+v", c)
		}
	}
	if c := got[0].Change; c < 0.17 || c > 0.23 {
		t.Errorf("by %v", c)
	}
}

// A drift has no place: it is told as steps, whose changes sum up to what it did.
func TestDriftIsToldAsSteps(t *testing.T) {
	drift := func(whole float64) (all []Point) {
		for i, p := range series(2, 60, 100) {
			p.Value *= 1 + whole*float64(i)/59
			all = append(all, p)
		}
		return all
	}
	got := Find(drift(0.3), Config{Seed: 2})
	t.Logf("+30 %% over 60 values: %+v", got)
	if len(got) < 2 {
		t.Errorf("%+v", got)
	}
	for _, c := range got {
		if c.Change <= 0 {
			t.Errorf("%+v", c)
		}
	}
	if got := Find(drift(0.01), Config{Seed: 2}); len(got) > 0 {
		t.Errorf("+1 %%: %+v", got)
	}
}

func TestFewAndEqualValuesHaveNoChange(t *testing.T) {
	for _, all := range [][]Point{nil, series(1, 9, 100), make([]Point, 50)} {
		if got := Find(all, Config{}); got != nil {
			t.Errorf("%+v", got)
		}
	}
}

// TestALongSeriesIsLookedAtFromItsEnd: what shuffling takes grows with the square of the values.
func TestALongSeriesIsLookedAtFromItsEnd(t *testing.T) {
	all := slices.Concat(series(1, 300, 100, 150), series(2, 400, 150, 180)) // changes at 300 and 1,000 of 1,400
	all[1100].Value = math.NaN()
	got := Find(all, Config{Seed: 1, Permutations: 99})
	if len(got) != 1 || got[0].Index != 1000 || got[0].Time != all[1000].Time {
		t.Errorf("%+v", got)
	}
}
