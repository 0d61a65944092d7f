package stats

import (
	"math"
	"math/rand/v2"
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

// Requests that are late independently of each other make episodes of one.
func TestIndependentRequestsDoNotClump(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	bins := make([]BinBad, 4000)
	for i := range bins {
		bins[i] = BinBad{Bin: int64(i), N: 20}
		for range 20 {
			if rng.Float64() < 0.3 {
				bins[i].Bad++
			}
		}
	}
	if got, _ := clumping(bins); got > 1.6 {
		t.Errorf("clumps of %.2f", got)
	}
}

// A hundred requests that are late together are one episode, whichever bins they are in
// and whatever bins are left out between.
func TestEpisodesCountTheirRequests(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var bins []BinBad
	for i := range int64(100) {
		at := 1000*i + rng.Int64N(990)
		bins = append(bins, BinBad{at, 40, 25}, BinBad{at + 1, 40, 25}, BinBad{at + 2, 40, 25}, BinBad{at + 3, 40, 25}, BinBad{at + 7, 2000, 0})
	}
	if got, _ := clumping(bins); got < 80 || got > 180 {
		t.Errorf("episodes of 100 requests have size %.1f", got)
	}
}

// One limit's view is not believed against two others, unless it has seen plenty.
func TestLowerLimitsTellTheSizeToo(t *testing.T) {
	few, many := []BinBad{{0, 1000, 1}, {50, 1000, 9}}, []BinBad{{0, 1e6, 5000}, {50, 1e6, 5000}}
	below := episodes{seen: []float64{4, 6}, likely: []float64{4, 6}, told: 100}
	if got, _ := below.size(few, 1); got < 4 || got > 6 {
		t.Errorf("size %.2f of few, want between 4 and 6", got)
	}
	if got, _ := below.size(many, 1); got > 1.1 {
		t.Errorf("size %.2f of many, want about 1", got)
	}
	if got, _ := (episodes{}).size(few, 7); got != 7 {
		t.Errorf("size %.2f where nothing tells, want that of an unseen one", got)
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
	l, book := NewLadder(), NewBinBook(NewLadder())
	for i := range 5000 {
		book.Record(Offset(i)*Offset(time.Millisecond), time.Millisecond, false)
	}
	f := l.Interval(10*time.Millisecond, 0.01, Bins{BinLength, book.Cut()})
	if f.Value != 0 || f.Low != 0 || !(f.High > 3.6/5000 && f.High < 0.1) || f.Episodes != 0 {
		t.Errorf("%+v", f)
	}
	if f := l.Interval(time.Second, 0.01, Bins{}); f.High != 1 || f.Low != 0 {
		t.Errorf("of nothing: %+v", f)
	}
}

// However many requests a second has, it is too short to say how they come.
func TestASecondIsNotReliable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	l, book := NewLadder(), NewBinBook(NewLadder())
	for i := range 60_000 {
		book.Record(Offset(i)*Offset(time.Second/60_000), time.Duration(rng.ExpFloat64()*1e7), false)
	}
	if p := l.Percentile(99, Bins{BinLength, book.Cut()}); p.Reliable || p.More == 0 {
		t.Errorf("%+v", p)
	}
}

// What a percentile is and what a limit is are two questions about one interval: a
// limit outside of the percentile's interval is surely held or surely broken.
func TestIntervalsOfLimitsAndPercentilesAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	l, book := NewLadder(), NewBinBook(NewLadder())
	for i := range 60_000 {
		book.Record(Offset(i)*Offset(time.Millisecond), time.Duration(rng.ExpFloat64()*1e7), false)
	}
	bins := Bins{BinLength, book.Cut()}
	p := l.Percentile(99, bins)
	above, below := l.Interval(p.High*5/4, 0.01, bins), l.Interval(p.Low*4/5, 0.01, bins)
	if !p.Reliable || above.High >= 0.01 || below.Low <= 0.01 {
		t.Errorf("%+v, above it %+v, below it %+v", p, above, below)
	}
}

// BenchmarkPercentile is one percentile of ten minutes of a hundred requests a bin.
func BenchmarkPercentile(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	l, book := NewLadder(), NewBinBook(NewLadder())
	for i := range 600_000 {
		book.Record(Offset(i)*Offset(time.Millisecond), time.Duration(rng.ExpFloat64()*1e7), false)
	}
	bins := Bins{BinLength, book.Cut()}
	for b.Loop() {
		l.Percentile(99, bins)
	}
	b.ReportMetric(float64(len(bins.Counts)), "counts")
}

// A run in which every request is bad has no variation between its batches: its
// interval once never came to an end.
func TestIntervalOfNothingButBad(t *testing.T) {
	var bins []BinBad
	for i := range int64(600) {
		bins = append(bins, BinBad{Bin: i, N: 50, Bad: 50})
	}
	if f := interval(bins, episodes{}, 50); f.Value != 1 || f.High != 1 || !(f.Low > 0 && f.Low <= 1) {
		t.Errorf("%+v", f)
	}
}
