package coverage

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestBarsJudgeRunsByTheirOwnEpisodes: a scenario that has few in the mean has runs with many.
func TestBarsJudgeRunsByTheirOwnEpisodes(t *testing.T) {
	good := Result{Runs: 500, Reliable: 450, Believed: 430, Width: 1.2, Episodes: 25, Many: 400, Labelled: 380}
	for name, c := range map[string]struct {
		change func(*Result)
		held   [4]int // against each bar
		missed [4]int
	}{
		"good":                           {func(*Result) {}, [4]int{1, 0, 1, 1}, [4]int{}},
		"nine of ten and a little fewer": {func(r *Result) { r.Believed = 404 }, [4]int{1, 0, 1, 1}, [4]int{1}},
		"wide":                           {func(r *Result) { r.Believed, r.Width = 450, 2.1 }, [4]int{1, 1, 1, 1}, [4]int{0, 1}},
		"few in the mean":                {func(r *Result) { r.Episodes, r.Labelled = 19, 319 }, [4]int{1, 0, 0, 1}, [4]int{0, 0, 0, 1}},
		"labelled by chance":             {func(r *Result) { r.Reliable, r.Believed = 399, 380 }, [4]int{1, 0, 1, 1}, [4]int{0, 0, 1}},
		"few runs with many":             {func(r *Result) { r.Many, r.Labelled = 49, 0 }, [4]int{1, 0, 1, 0}, [4]int{}},
		"few labelled of many runs":      {func(r *Result) { r.Runs, r.Reliable, r.Believed, r.Episodes = 5000, 50, 44, 2 }, [4]int{1, 0, 0, 1}, [4]int{1}},
		"too few labelled":               {func(r *Result) { r.Runs, r.Reliable, r.Believed, r.Episodes = 5000, 49, 30, 2 }, [4]int{0, 0, 0, 1}, [4]int{}},
		"few labelled of few runs":       {func(r *Result) { *r = Result{Runs: 100, Reliable: 10, Believed: 8, Episodes: 2} }, [4]int{1}, [4]int{1}},
	} {
		r := good
		c.change(&r)
		for i, b := range Bars([]Result{r}) {
			if b.Held != c.held[i] || len(b.Missed) != c.missed[i] {
				t.Errorf("%s: %s: held against %d, missed %q; want %d and %d", name, b.Claim, b.Held, b.Missed, c.held[i], c.missed[i])
			}
		}
	}
}

// TestAnIntervalWithoutAnEndIsWide: one reliable interval that ends nowhere makes the mean
// width endless, in place of narrow.
func TestAnIntervalWithoutAnEndIsWide(t *testing.T) {
	s := Scenario{Queue{1, 100, .5, Exponential}, time.Minute, 99}
	runs := func(last stats.PercentileInterval) (all []one) {
		for i := range 40 {
			all = append(all, one{stats.PercentileInterval{Reliable: true, Low: 80, High: 100}, 1, time.Duration(90 + i)})
		}
		return append(all, one{last, 2, 200})
	}
	closed := s.sum(runs(stats.PercentileInterval{Reliable: true, Low: 80, High: 100}))
	open := s.sum(runs(stats.PercentileInterval{Reliable: true, Low: 80, High: stats.Never}))
	unsure := s.sum(runs(stats.PercentileInterval{Low: 80, High: stats.Never}))
	if !(closed.Width < 5) || !math.IsInf(open.Width, 1) || !(unsure.Width < 5) {
		t.Errorf("widths %v, %v, %v", closed.Width, open.Width, unsure.Width)
	}
}

// Of 55 of 68 as of all of 10 Wilson's interval ends where tables have it.
func TestChanceIsTold(t *testing.T) {
	for _, c := range []struct {
		part, of int
		want     float64
	}{{55, 68, 0.8850}, {10, 10, 1}, {0, 10, 0.2775}} {
		if got := highest(c.part, c.of); math.Abs(got-c.want) > 5e-4 {
			t.Errorf("%d of %d: %.4f, want %.4f", c.part, c.of, got, c.want)
		}
	}
}
