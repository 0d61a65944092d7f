package stats

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSparseBinsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := drawBins(t, NewLadder(), "requests").Counts
		back, err := ParseBins(counts.AppendSparse(nil))
		if err != nil || !slices.Equal(counts, back) {
			t.Fatalf("%v: %v\n%v", err, counts, back)
		}
		text, err := json.Marshal(CellStats{Bins: counts})
		if err != nil {
			t.Fatal(err)
		}
		var cell CellStats
		if err := json.Unmarshal(text, &cell); err != nil || !slices.Equal(counts, cell.Bins) {
			t.Fatalf("%v: %s", err, text)
		}
	})
}

// FuzzParseBins: whatever bytes come, what is read is in order and has one form.
func FuzzParseBins(f *testing.F) {
	f.Add([]byte{})
	f.Add(BinCounts{{-3, 0, 1}, {-3, 9, 400}, {7, 2, 1}}.AppendSparse(nil))
	f.Add([]byte{0, 0, 255, 255, 255, 255, 15, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		counts, err := ParseBins(b)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(counts, compareBins) || !slices.Equal(b, counts.AppendSparse(nil)) {
			t.Fatalf("%x: %v", b, counts)
		}
	})
}

func TestBinsThatFitNoLadder(t *testing.T) {
	l := NewLadder()
	for _, c := range []struct {
		rung int
		fits bool
	}{{0, true}, {l.Infinite(), true}, {l.Infinite() + 1, false}, {-1, false}} {
		if got := (BinCounts{{0, c.rung, 1}}).Fit(l); got != c.fits {
			t.Errorf("rung %d: %v", c.rung, got)
		}
	}
}
