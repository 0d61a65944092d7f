package stats

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every time lies on its rung, limits cut rungs exactly, and no rung but the first
// few is wider than an eighth of its times.
func TestRungsHoldTheirTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := rapid.SliceOfN(rapid.Int64Range(1, int64(MaxValue)), 0, 4).Draw(t, "limits")
		var all []time.Duration
		for _, l := range limits {
			all = append(all, time.Duration(l))
		}
		l := NewLadder(all...)
		d := time.Duration(rapid.Int64Range(1, int64(MaxValue)).Draw(t, "time"))
		if len(all) > 0 && rapid.Bool().Draw(t, "limit itself") {
			d = all[0]
		}
		r := l.Rung(d)
		if d > l.Edge(r) || r > 0 && d <= l.Edge(r-1) {
			t.Fatalf("%s on rung %d up to %s", d, r, l.Edge(r))
		}
		if r > 0 && d > 2*time.Microsecond && l.Edge(r)-l.Edge(r-1) > d/8+1 {
			t.Fatalf("rung %d of %s is %s wide", r, d, l.Edge(r)-l.Edge(r-1))
		}
		for _, limit := range all {
			if (d > limit) != (r > l.Rung(limit)) {
				t.Fatalf("%s against limit %s: rungs %d and %d", d, limit, r, l.Rung(limit))
			}
		}
	})
}

func TestRungsOfTheEnds(t *testing.T) {
	l := NewLadder(MaxValue+1, 0)
	if l.Rung(-time.Second) != 0 || l.Rung(MaxValue) != l.Infinite()-1 || l.Rung(2*MaxValue) != l.Infinite()-1 {
		t.Errorf("rungs %d, %d, %d of %d", l.Rung(-time.Second), l.Rung(MaxValue), l.Rung(2*MaxValue), l.Infinite())
	}
}

// The exact interval of a Poisson count (Garwood 1936), as any table has it.
func TestGammaIntervalIsGarwoods(t *testing.T) {
	for _, c := range []struct{ events, low, high float64 }{
		{0, 0, 3.6889}, {1, 0.0253, 5.5716}, {10, 4.7954, 18.3904}, {100, 81.3640, 121.6268},
	} {
		low, high := gammaInterval(c.events)
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%v events: %.4f to %.4f, want %v to %v", c.events, low, high, c.low, c.high)
		}
	}
}

func TestStudentT(t *testing.T) {
	for freedom, want := range map[float64]float64{1: 12.7062, 19: 2.0930, 29: 2.0452} {
		if got := studentT(freedom); math.Abs(got-want) > 1e-4 {
			t.Errorf("t of %v degrees of freedom is %.4f, want %v", freedom, got, want)
		}
	}
}

// Pauses of 1, 10, 1, 500 and 1 bins: they themselves say what parts.
func TestLongPausesPartEpisodes(t *testing.T) {
	bins := []BinBad{{0, 9, 2}, {2, 9, 1}, {9, 9, 0}, {13, 9, 4}, {15, 9, 1}, {516, 9, 5}, {518, 9, 2}}
	if got := episodes(bins); !slices.Equal(got, []float64{3, 5, 7}) {
		t.Errorf("episodes %v, want 3, 5 and 7", got)
	}
}

func TestPercentilesAreWithheldWithoutEnoughRequests(t *testing.T) {
	for p, n := range map[float64]uint64{50: 6, 99: 368, 99.9: 3688, 99.99: 36887} {
		if Supported(p, n-1) || !Supported(p, n) {
			t.Errorf("p%v must be named from %d requests on", p, n)
		}
	}
	if Supported(0, 1e6) || Supported(100, 1e6) {
		t.Error("least and largest have no interval")
	}
	if i := NewLadder().Percentile(99, Bins{}); !i.Withheld {
		t.Errorf("of nothing: %+v", i)
	}
}

// Without a single bad request there is still an end to the interval, and it is found.
func TestIntervalOfNoBadRequestsIsFinite(t *testing.T) {
	bins := []BinBad{{0, 1000, 0}, {50, 1000, 0}}
	f := interval(bins, 1, episodesOf{2, 100})
	if f.Low != 0 || !(f.High > 0 && f.High < 0.1) || f.Episodes != 0 {
		t.Errorf("%+v", f)
	}
}

// A run in which every request is bad has no variation between its batches: its
// interval once never came to an end.
func TestIntervalOfNothingButBad(t *testing.T) {
	var bins []BinBad
	for i := range int64(600) {
		bins = append(bins, BinBad{Bin: i, N: 50, Bad: 50})
	}
	if f := interval(bins, 50, episodesOf{}); f.Value != 1 || f.High != 1 || !(f.Low > 0 && f.Low <= 1) {
		t.Errorf("%+v", f)
	}
}
