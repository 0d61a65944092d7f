package stats

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a store gives back is what it was given, at the length it keeps by now, in
// whatever pieces and order it came.
func TestBinStoreKeepsWhatItGets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s binStore
		want := Bins{Length: BinLength}
		for range rapid.IntRange(0, 5).Draw(t, "windows") {
			counts := drawBins(t, NewLadder(), "requests").Counts
			far := rapid.SampledFrom([]int64{0, 0, 50, maxBins, 5 * maxBins, -2 * maxBins}).Draw(t, "later")
			for i := range counts {
				counts[i].Bin += far
			}
			row := rapid.IntRange(0, 2).Draw(t, "row")
			s.add(row, counts)
			want = want.Merge(Bins{BinLength, counts})
		}
		got := s.of(func(int) bool { return true })
		for want.Length < got.Length {
			want = want.Coarser()
		}
		sameBins(t, "the store", want, got)
		for _, r := range s.rows {
			if len(r.bins) > maxBins {
				t.Fatalf("%d bins", len(r.bins))
			}
		}
	})
}

// TestFarBinsTakeNoRoom: a bin that is out of all reason costs time, not memory.
func TestFarBinsTakeNoRoom(t *testing.T) {
	var s binStore
	s.add(0, BinCounts{{0, 3, 1}, {1 << 60, 3, 1}})
	if n := len(s.rows[0].bins); n > maxBins {
		t.Errorf("%d bins", n)
	}
}

// TestRunKnowsItsConfidence: a run's interval is that of its rows' bins added up,
// without those of excluded windows, and its windows keep no bins.
func TestRunKnowsItsConfidence(t *testing.T) {
	l := &Layout{
		Phases: []PhaseKey{{Name: "a", Recorded: true}},
		Cells:  []CellKey{{Name: "x", Recorded: true}, {Name: "y", Recorded: true}},
	}
	r, recorder, book := &Run{}, NewRecorder(l, nil), NewBinBook(l.Ladder())
	r.Apply(Update{Started: &Started{Layout: l}})
	for w := range int64(30) {
		for i := range 100 {
			at := Offset(w)*time.Second + Offset(i)*10*time.Millisecond
			took := time.Duration(1+(i*7+int(w))%50) * time.Millisecond
			recorder.Intend(i % 2)
			recorder.Record(&Sample{Cell: i % 2, Intended: at, Done: at + took})
			if w != 12 {
				book.Record(at, took, false)
			}
		}
		merged := recorder.Cut(w)
		r.Apply(Update{Window: &Window{Index: w, Merged: merged, Partial: w == 12}})
		if len(merged.Cells[0].Bins) == 0 {
			t.Fatal("an update was changed")
		}
		if len(r.Windows[w].Merged.Cells[0].Bins) > 0 {
			t.Fatal("a window kept its bins")
		}
	}
	want := l.Ladder().Percentile(90, Bins{BinLength, book.Cut()})
	want.include(Dist{OK: allTimes(r.Sound().Cells)})
	if got := r.Confidences([]float64{90}, func(CellKey) bool { return true }); got[0] != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if got := r.Confidences([]float64{99.9}, func(c CellKey) bool { return c.Name == "x" }); !got[0].Withheld {
		t.Errorf("p99.9 of 1,450 requests: %+v", got)
	}
}

// TestWarmUpHasNoBins: what is not recorded has no percentiles to be sure of.
func TestWarmUpHasNoBins(t *testing.T) {
	l := &Layout{Phases: []PhaseKey{{Name: "a"}}, Cells: []CellKey{{Name: "x"}}}
	r := NewRecorder(l, nil)
	r.Record(&Sample{Done: time.Millisecond})
	if bins := r.Cut(0).Cells[0].Bins; len(bins) > 0 {
		t.Error(bins)
	}
}

func TestRungsOfABinAreInOrder(t *testing.T) {
	var list []rungCount
	for _, rung := range []uint16{5, 2, 9, 2, 7, 5} {
		addRung(&list, rung, 1)
	}
	if want := []rungCount{{2, 2}, {5, 2}, {7, 1}, {9, 1}}; !slices.Equal(list, want) {
		t.Error(list)
	}
}

// allTimes merges the response times of all rows.
func allTimes(cells []CellStats) (h *Histogram) {
	for i := range cells {
		join(&h, cells[i].Response)
	}
	return h
}

// TestIntervalsHoldWhatWasSeen, even where every request took the same time, at whatever
// end of its rung.
func TestIntervalsHoldWhatWasSeen(t *testing.T) {
	for _, took := range []time.Duration{200, 129 * time.Microsecond, 1024 * time.Microsecond, 1025 * time.Microsecond, 77 * time.Millisecond} {
		r := &Run{}
		l := &Layout{Phases: []PhaseKey{{Recorded: true}}, Cells: []CellKey{{Recorded: true}}}
		r.Apply(Update{Started: &Started{Layout: l}})
		recorder := NewRecorder(l, nil)
		for i := range 5000 {
			at := Offset(i) * 2 * time.Millisecond
			recorder.Record(&Sample{Intended: at, Done: at + took})
		}
		r.Apply(Update{Window: &Window{Merged: recorder.Cut(0)}})
		for _, i := range r.Confidences([]float64{50, 99, 99.9}, func(CellKey) bool { return true }) {
			at := r.Sound().Cells[0].Response.Percentile(i.P)
			if i.Low > at || i.High != Never && i.High < at || i.High != Never && i.High > at+at/7 {
				t.Errorf("all took %s, p%v is %s: %+v", took, i.P, at, i)
			}
		}
	}
}

// TestRunsWithoutBinsHaveNoIntervals: a record from before there were bins has many
// requests, and too few are no reason to give.
func TestRunsWithoutBinsHaveNoIntervals(t *testing.T) {
	l := &Layout{Phases: []PhaseKey{{Name: "a", Recorded: true}}, Cells: []CellKey{{Name: "x", Recorded: true}}}
	all := func(CellKey) bool { return true }
	r := new(Run)
	if got := r.Confidences([]float64{50}, all); got != nil {
		t.Errorf("of no run: %+v", got)
	}
	r.Apply(Update{Started: &Started{Layout: l}})
	if got := r.Confidences([]float64{50}, all); len(got) != 1 || !got[0].Withheld {
		t.Errorf("before the first request: %+v", got)
	}
	recorder := NewRecorder(l, nil)
	for range 1000 {
		recorder.Record(&Sample{Done: time.Millisecond})
	}
	merged := recorder.Cut(0)
	merged.Cells[0].Bins = nil
	r.Apply(Update{Window: &Window{Merged: merged}})
	if got := r.Confidences([]float64{50, 99}, all); got != nil {
		t.Errorf("%+v", got)
	}
}
