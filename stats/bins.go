package stats

import (
	"cmp"
	"time"
)

// BinLength is how long a bin of intended time is when it is counted.
const BinLength = 100 * time.Millisecond

// BinCounts say when slow requests were meant to start: how many requests of one
// row had their intended start in a bin and ended on a rung of the run's ladder.
// Percentiles come from histograms; how far they may be believed comes from these,
// because slow requests come in clusters and a histogram has forgotten when.
//
// They are in order of bin and rung, each pair once. Bins are numbered from the
// run's epoch by intended time, so a request that waits for a minute counts where
// it became due, and windows of several agents add up without regard to when they
// were reported. Adding is exact in any order: counts of whole numbers.
//
// What they cost: a bin names only rungs in use, and as gaps of bin and rung with a
// count each entry takes about two bytes. A row whose times span three doublings
// uses some 25 rungs at a high rate, fewer at a low one (never more than it had
// requests): at most 50 bytes a bin, 500 bytes a second. The histogram of the same
// second takes 1 to 2 kB.
type BinCounts []BinCount

// A BinCount is how many requests of one bin ended on one rung.
type BinCount struct {
	Bin   int64 // intended start / length of a bin, rounded down
	Rung  int
	Count uint64
}

func compareBins(a, b BinCount) int {
	return cmp.Or(cmp.Compare(a.Bin, b.Bin), cmp.Compare(a.Rung, b.Rung))
}

// Merge gives the sum of both, which are not changed.
func (b BinCounts) Merge(o BinCounts) BinCounts {
	sum := make(BinCounts, 0, len(b)+len(o))
	for len(b) > 0 && len(o) > 0 {
		switch order := compareBins(b[0], o[0]); {
		case order < 0:
			sum, b = append(sum, b[0]), b[1:]
		case order > 0:
			sum, o = append(sum, o[0]), o[1:]
		default:
			sum = append(sum, BinCount{b[0].Bin, b[0].Rung, b[0].Count + o[0].Count})
			b, o = b[1:], o[1:]
		}
	}
	return append(append(sum, b...), o...)
}

// Bins are counts together with how long each of their bins is: BinLength, or that
// doubled some times, for a long run can be kept in half the space as often as need be.
// Zero is bins of nothing.
type Bins struct {
	Length time.Duration
	Counts BinCounts // by bins of Length
}

// Coarser adds up pairs of bins, bin 2i and the one after it. Nothing is lost but
// when, within the longer bin.
func (b Bins) Coarser() Bins {
	var halves [2]BinCounts
	for _, c := range b.Counts {
		half := &halves[c.Bin&1]
		*half = append(*half, BinCount{c.Bin >> 1, c.Rung, c.Count})
	}
	return Bins{2 * b.Length, halves[0].Merge(halves[1])}
}

// Merge gives the sum of both, by the longer of their bins.
func (b Bins) Merge(o Bins) Bins {
	if b.Length == 0 || o.Length == 0 {
		return Bins{b.Length + o.Length, b.Counts.Merge(o.Counts)}
	}
	for b.Length < o.Length {
		b = b.Coarser()
	}
	for o.Length < b.Length {
		o = o.Coarser()
	}
	return Bins{b.Length, b.Counts.Merge(o.Counts)}
}

// A BinBad is what one bin says about one limit.
type BinBad struct {
	Bin    int64
	N, Bad uint64 // requests, and how many were slower than the limit or failed
}

// Above counts, bin by bin, the requests above the edge of a rung. Bins in which
// nothing was meant to start are left out.
func (b BinCounts) Above(rung int) []BinBad {
	var bins []BinBad
	for _, c := range b {
		if n := len(bins); n == 0 || bins[n-1].Bin != c.Bin {
			bins = append(bins, BinBad{Bin: c.Bin})
		}
		last := &bins[len(bins)-1]
		last.N += c.Count
		if c.Rung > rung {
			last.Bad += c.Count
		}
	}
	return bins
}
