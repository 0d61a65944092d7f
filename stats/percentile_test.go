package stats

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestFailuresReachIntoPercentiles: where surely more than 1 % of the requests failed,
// p99 has no end; where about 1 % did, only its upper end has none.
func TestFailuresReachIntoPercentiles(t *testing.T) {
	for _, c := range []struct {
		each      int // one in so many failed
		low, high bool
	}{{20, true, true}, {101, false, true}, {5000, false, false}} {
		l := NewLadder()
		b := NewBinBook(l)
		for i := range 50_000 {
			b.Record(Offset(i)*2*time.Millisecond, time.Duration(1+i%10)*time.Millisecond, i%c.each == 0)
		}
		i := l.Percentile(99, Bins{BinLength, b.Cut()})
		if (i.Low == Never) != c.low || (i.High == Never) != c.high {
			t.Errorf("one in %d: %+v", c.each, i)
		}
	}
}

// TestShortRunsHaveIntervals: a run of a moment, of few or of many requests, all alike or
// not, all failed or none, has intervals, and soon.
func TestShortRunsHaveIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLadder()
		b := NewBinBook(l)
		length := Offset(rapid.Int64Range(1, 3e9).Draw(t, "length"))
		most := rapid.Int64Range(1, 1e9).Draw(t, "slowest")
		failed := rapid.SampledFrom([]int{1, 2, 100, 1 << 30}).Draw(t, "one in so many fails")
		for i := range rapid.SampledFrom([]int{1, 6, 400, 4000}).Draw(t, "requests") {
			at := Offset(i) * 7919 * time.Microsecond % length
			b.Record(at, time.Duration(1+int64(i)*104729%most), i%failed == failed-1)
		}
		for bins := (Bins{BinLength, b.Cut()}); bins.Length <= 4*BinLength; bins = bins.Coarser() {
			for _, p := range []float64{50, 90, 99, 99.9} {
				i := l.Percentile(p, bins)
				if i.High != Never && (i.High < i.Low || i.Low < 0) || math.IsNaN(i.Episodes) {
					t.Fatalf("bins of %s, p%v: %+v", bins.Length, p, i)
				}
			}
		}
	})
}
