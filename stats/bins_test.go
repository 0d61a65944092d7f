package stats

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// However requests are dealt to books and cuts, the sum is that of one book.
func TestBinsMergeExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLadder(150 * time.Millisecond)
		one := NewBinBook(l)
		parts := []*BinBook{NewBinBook(l), NewBinBook(l), NewBinBook(l)}
		var sum BinCounts
		n := rapid.IntRange(0, 200).Draw(t, "requests")
		for range n {
			at := Offset(rapid.Int64Range(-3e8, 2e9).Draw(t, "intended"))
			took := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "took"))
			failed := rapid.Bool().Draw(t, "failed")
			one.Record(at, took, failed)
			part := rapid.SampledFrom(parts).Draw(t, "part")
			part.Record(at, took, failed)
			if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
				sum = part.Cut().Merge(sum)
			}
		}
		for _, p := range parts {
			sum = sum.Merge(p.Cut())
		}
		if diff := cmp.Diff(one.Cut(), sum, cmp.Transformer("empty", func(b BinCounts) []BinCount { return append([]BinCount{}, b...) })); diff != "" {
			t.Fatal(diff)
		}
		if !slices.IsSortedFunc(sum, compareBins) {
			t.Fatal("not in order")
		}
	})
}

// drawBins are the counts of some requests, with the ladder they were counted by.
func drawBins(t *rapid.T, l *Ladder, name string) Bins {
	book := NewBinBook(l)
	for range rapid.IntRange(0, 100).Draw(t, name) {
		at := Offset(rapid.Int64Range(-3e9, 9e9).Draw(t, "intended"))
		took := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "took"))
		book.Record(at, took, rapid.Bool().Draw(t, "failed"))
	}
	return Bins{BinLength, book.Cut()}
}

func sameBins(t *rapid.T, what string, a, b Bins) {
	t.Helper()
	if a.Length != b.Length || !slices.Equal(a.Counts, b.Counts) {
		t.Fatalf("%s:\n%v\n%v", what, a, b)
	}
}

// rungsOf are the totals of rungs, whatever the bins.
func rungsOf(b Bins) map[int]uint64 {
	sum := map[int]uint64{}
	for _, c := range b.Counts {
		sum[c.Rung] += c.Count
	}
	return sum
}

// A coarser bin holds just what its two halves did, so every rung keeps its total, and
// it does not matter whether rows are added up before or after.
func TestCoarserBinsHoldTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLadder()
		a, b := drawBins(t, l, "requests"), drawBins(t, l, "others")
		c := a.Coarser()
		if diff := cmp.Diff(rungsOf(a), rungsOf(c)); diff != "" {
			t.Fatal(diff)
		}
		if c.Length != 2*a.Length || !slices.IsSortedFunc(c.Counts, compareBins) {
			t.Fatalf("bins of %s, %v", c.Length, c.Counts)
		}
		sameBins(t, "merged before and after", a.Merge(b).Coarser(), c.Merge(b.Coarser()))
		sameBins(t, "merged with longer bins", a.Coarser().Coarser().Merge(b), b.Coarser().Merge(a).Coarser())
		sameBins(t, "merged with nothing", Bins{}.Merge(c), c.Merge(Bins{}))
	})
}

// A coarser bin is the bin that a request of its time would be counted in, also before
// the epoch.
func TestCoarserBinsAreWhereTheirTimeIs(t *testing.T) {
	b := Bins{BinLength, BinCounts{{-3, 7, 1}, {-1, 7, 1}, {0, 7, 1}, {1, 7, 2}, {1, 8, 1}, {2, 7, 1}}}
	want := Bins{2 * BinLength, BinCounts{{-2, 7, 1}, {-1, 7, 1}, {0, 7, 3}, {0, 8, 1}, {1, 7, 1}}}
	if diff := cmp.Diff(want, b.Coarser()); diff != "" {
		t.Error(diff)
	}
}
