package stats

import (
	"slices"
	"time"
)

// A BinBook counts for one row of one loop. It belongs to one goroutine. Counting
// allocates only when a bin is first touched.
type BinBook struct {
	ladder *Ladder
	open   map[int64][]uint32
	last   int64 // the bin of page, because neighbours in time are neighbours here
	page   []uint32
	spare  [][]uint32
}

// spareBins is how many pages are kept for the next window. It takes more after a stall
// of the target, when everything that waited ends at once, and they are not needed again.
const spareBins = 32

// NewBinBook makes an empty book.
func NewBinBook(l *Ladder) *BinBook {
	return &BinBook{ladder: l, open: map[int64][]uint32{}}
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

func (b *BinBook) blank() []uint32 {
	n := len(b.spare)
	if n == 0 {
		return make([]uint32, b.ladder.Infinite()+1)
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
				counts = append(counts, BinCount{bin, rung, uint64(n)})
			}
		}
		if clear(page); len(b.spare) < spareBins {
			b.spare = append(b.spare, page)
		}
	}
	clear(b.open)
	b.page = nil
	slices.SortFunc(counts, compareBins)
	return counts
}
