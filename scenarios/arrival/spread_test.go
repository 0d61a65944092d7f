package arrival

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSpreadIsTheIntegral: between two moments of any profile, and level only where the
// integral is.
func TestSpreadIsTheIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := profiles().Draw(t, "profile")
		from := time.Duration(rapid.Int64Range(0, int64(p.Duration())).Draw(t, "from"))
		length := time.Duration(rapid.Int64Range(1, 2000).Draw(t, "length")) * time.Millisecond
		const cells = 50
		before, all := p.Integral(from), p.Integral(from+length)-p.Integral(from)
		spread := p.Spread(from, length, cells)
		if all < 1e-6 {
			return // nothing to spread
		}
		for i := range cells + 1 {
			got := float64(i) / cells
			if spread != nil {
				got = spread[i]
			}
			want := (p.Integral(from+time.Duration(i)*length/cells) - before) / all
			if math.Abs(got-want) > 1e-9 {
				t.Fatalf("%v of %v, from %v: before cell %d %v, want %v", length, p, from, i, got, want)
			}
		}
	})
}

// TestRatesBoundTheRate, and no closer can be said.
func TestRatesBoundTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := profiles().Draw(t, "profile")
		from := time.Duration(rapid.Int64Range(0, int64(p.Duration())).Draw(t, "from"))
		length := time.Duration(rapid.Int64Range(1, int64(2*time.Second)).Draw(t, "length"))
		lowest, highest := p.Rates(from, from+length)
		for range 100 {
			at := from + time.Duration(rapid.Int64Range(0, int64(length)-1).Draw(t, "at"))
			if rate := p.RateAt(at); rate < lowest-1e-9 || rate > highest+1e-9 {
				t.Fatalf("%v at %v, not from %v to %v", rate, at, lowest, highest)
			}
		}
	})
	steps := Profile{{From: 10, To: 10, Duration: time.Second}, {From: 30, To: 20, Duration: 2 * time.Second}, {From: 0, To: 50, Duration: time.Second}}
	for _, c := range []struct {
		from, until     time.Duration
		lowest, highest float64
	}{
		{0, time.Second, 10, 10},
		{0, time.Second + 1, 10, 30},
		{time.Second, 3 * time.Second, 20, 30},
		{2 * time.Second, 3500 * time.Millisecond, 0, 25},
		{3500 * time.Millisecond, 4 * time.Second, 25, 50},
		{3500 * time.Millisecond, 5 * time.Second, 0, 50},
		{9 * time.Second, 10 * time.Second, 0, 0},
	} {
		if lowest, highest := steps.Rates(c.from, c.until); math.Abs(lowest-c.lowest) > 1e-6 || math.Abs(highest-c.highest) > 1e-6 {
			t.Errorf("%v to %v: from %v to %v, want %v and %v", c.from, c.until, lowest, highest, c.lowest, c.highest)
		}
	}
}

// many is a profile of many stages, level every other second.
func many() (p Profile) {
	for i := range 500 {
		rate := float64(100 + i)
		p = append(p, Stage{From: rate, To: rate, Duration: time.Second}, Stage{From: rate, To: rate + 1, Duration: time.Second})
	}
	return p
}

// TestALevelSecondCostsNothing however many stages the profile has.
func TestALevelSecondCostsNothing(t *testing.T) {
	p := many()
	for from, want := range map[time.Duration]float64{900 * time.Second: 0, 901 * time.Second: 2} {
		if n := testing.AllocsPerRun(100, func() { p.Spread(from, time.Second, 1000) }); n != want {
			t.Errorf("from %v: %v allocations, want %v", from, n, want)
		}
	}
}

func BenchmarkSpread(b *testing.B) {
	for name, from := range map[string]time.Duration{"level": 900 * time.Second, "ramp": 901 * time.Second} {
		b.Run(name, func(b *testing.B) {
			p := many()
			b.ReportAllocs()
			for b.Loop() {
				p.Spread(from, time.Second, 1000)
			}
		})
	}
}
