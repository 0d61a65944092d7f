package stats

import (
	"cmp"
	"slices"
	"time"
)

// BinLength is how long a bin of intended time is.
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
	Bin   int64 // intended start / BinLength, rounded down
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

// A BinBook counts for one row of one loop. It belongs to one goroutine. Counting
// allocates only when a bin is first touched.
type BinBook struct {
	ladder *Ladder
	open   map[int64][]uint64
	last   int64 // the bin of page, because neighbours in time are neighbours here
	page   []uint64
	spare  [][]uint64
}

// NewBinBook makes an empty book.
func NewBinBook(l *Ladder) *BinBook {
	return &BinBook{ladder: l, open: map[int64][]uint64{}}
}

// Record counts a request that was meant to start at intended and took d, or failed.
func (b *BinBook) Record(intended Offset, d time.Duration, failed bool) {
	rung := b.ladder.Infinite()
	if !failed {
		rung = b.ladder.Rung(d)
	}
	bin := binOf(intended)
	if b.page == nil || bin != b.last {
		b.turn(bin)
	}
	b.page[rung]++
}

func binOf(at Offset) int64 {
	bin := int64(at / BinLength)
	if at < 0 && at%BinLength != 0 {
		bin--
	}
	return bin
}

func (b *BinBook) turn(bin int64) {
	page := b.open[bin]
	if page == nil {
		page = b.blank()
		b.open[bin] = page
	}
	b.last, b.page = bin, page
}

func (b *BinBook) blank() []uint64 {
	n := len(b.spare)
	if n == 0 {
		return make([]uint64, b.ladder.Infinite()+1)
	}
	page := b.spare[n-1]
	b.spare = b.spare[:n-1]
	return page
}

// Cut gives what was counted since the last Cut. A bin may come again in a later
// one, with the requests that ended later.
func (b *BinBook) Cut() BinCounts {
	var counts BinCounts
	for bin, page := range b.open {
		for rung, n := range page {
			if n > 0 {
				counts = append(counts, BinCount{bin, rung, n})
			}
		}
		clear(page)
		b.spare = append(b.spare, page)
	}
	clear(b.open)
	b.page = nil
	slices.SortFunc(counts, compareBins)
	return counts
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
