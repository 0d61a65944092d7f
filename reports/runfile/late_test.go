package runfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/stats"
)

// TestWhatCameLateIsRecorded: a run that is read again has the counts of one that was watched.
func TestWhatCameLateIsRecorded(t *testing.T) {
	w, err := runfile.Create(t.TempDir(), "r")
	if err != nil {
		t.Fatal(err)
	}
	watched := new(stats.Run)
	tell := func(u stats.Update) { watched.Apply(u); w.Apply(u) }
	cells := func(class stats.Class, intended uint64) []stats.CellStats {
		c := stats.CellStats{Intended: intended}
		c.Classes[class] = 3
		return []stats.CellStats{c}
	}
	for _, u := range sample.Updates(sample.Story{Seconds: 3, Agents: 2}) {
		if u.Ended != nil {
			tell(stats.Update{Lost: &stats.AgentLoss{Agent: "local-2", Why: "silence", Missing: cells(stats.Censored, 3)}})
			tell(stats.Update{Late: &stats.Late{Host: "local", Merged: &stats.Snapshot{Window: 2, Cells: cells(stats.OK, 0)}}})
			tell(stats.Update{Settled: &stats.Settlement{Host: "local", Settled: []uint64{3}, Whole: true}})
		}
		tell(u)
	}
	read, err := runfile.Open(w.Partial())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(watched.Late, read.Late); diff != "" || len(read.Late) != 1 {
		t.Errorf("late: %s", diff)
	}
	for _, recorded := range []bool{true, false} {
		if a, b := watched.Accounting(recorded), read.Accounting(recorded); a != b || a.Missing() != 0 {
			t.Errorf("watched %s, read %s", a, b)
		}
	}
}
