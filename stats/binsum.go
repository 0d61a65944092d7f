package stats

import (
	"maps"
	"slices"
)

// A BinSum adds up the counts of one row, of many peers: what BinCounts.Merge does for two, without a list made anew for
// each. The zero sum is empty.
type BinSum struct {
	bins map[int64][]uint64 // by rung
}

// Add counts what a peer counted.
func (s *BinSum) Add(counts BinCounts) {
	for len(counts) > 0 {
		n := counts.sameBin()
		rungs := s.open(counts[0].Bin, counts[n-1].Rung)
		for _, c := range counts[:n] {
			rungs[c.Rung] += c.Count
		}
		counts = counts[n:]
	}
}

// open is a bin that has rungs up to one.
func (s *BinSum) open(bin int64, rung int) []uint64 {
	if s.bins == nil {
		s.bins = map[int64][]uint64{}
	}
	rungs := s.bins[bin]
	if rung >= len(rungs) {
		rungs = grown(rungs, rung+1)
		s.bins[bin] = rungs
	}
	return rungs
}

// Counts is the sum, in order of bin and rung; nil for nothing.
func (s *BinSum) Counts() (counts BinCounts) {
	for _, bin := range slices.Sorted(maps.Keys(s.bins)) {
		for rung, n := range s.bins[bin] {
			if n > 0 {
				counts = append(counts, BinCount{bin, rung, n})
			}
		}
	}
	return counts
}
