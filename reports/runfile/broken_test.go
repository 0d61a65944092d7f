package runfile

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// fill makes a writer's record a device that is always full.
func fill(t *testing.T, w *Writer) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("needs a device that is always full: ", err)
	}
	w.file.Close()
	w.file, w.zip = full, zipTo(full)
}

// TestABrokenRecordTookTheOtherFilesWithIt: when the disk was full for a while,
// nothing was written at the end, though there was room again and all was known.
func TestABrokenRecordTookTheOtherFilesWithIt(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "runs"), "20261124-041219-k7qa")
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w)
	r := new(stats.Run)
	for _, u := range sample.Updates(sample.Story{Seconds: 8}) {
		w.Apply(u)
		r.Apply(u)
		if u.Started != nil && w.Err() == nil {
			t.Error("it did not say at once that nothing is recorded")
		}
	}
	dir, err := w.Finish(r, view.New(r), Extra{"report.html", func(to io.Writer) error { return put(to, []byte("<!doctype html>")) }})
	if err == nil || strings.Count(err.Error(), "no space left") != 1 {
		t.Errorf("the error says %v, want once that there is no space", err)
	}
	if dir != w.Partial() {
		t.Errorf("it is in %s, want %s", dir, w.Partial())
	}
	for _, name := range []string{"summary.json", "report.html", "series.jsonl.gz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(w.Path()); err == nil {
		t.Error("it has its final name, and is not whole")
	}
}

// TestAKilledCoordinatorKeepsWhatItRecorded: wherever it is killed, all but the last few
// seconds is on disk, and counts and times read back are bit for bit those of a run that
// saw as much.
func TestAKilledCoordinatorKeepsWhatItRecorded(t *testing.T) {
	all := sample.Updates(sample.Story{Seconds: 23, Agents: 3, Errors: true})
	for killed := 0; killed <= len(all); killed += 3 {
		w, err := Create(filepath.Join(t.TempDir(), "runs"), "20261124-041219-k7qa")
		if err != nil {
			t.Fatal(err)
		}
		recorded := 0
		for _, u := range all[:killed] {
			w.Apply(u)
			if u.Window != nil {
				recorded++
			}
		}
		got, err := Open(w.Partial())
		_ = w.file.Close() // as a killed process's is, with nothing more said
		if killed == 0 {
			continue // it had not begun
		}
		if err != nil {
			t.Fatalf("killed after %d updates: %v", killed, err)
		}
		if lost := recorded - len(got.Windows); lost < 0 || lost >= flushEvery {
			t.Errorf("killed after %d updates: %d of %d windows are lost", killed, lost, recorded)
		}
		identical(t, got, runOf(all, len(got.Windows)))
	}
}

// runOf is a run that saw so many windows.
func runOf(updates []stats.Update, windows int) *stats.Run {
	r := new(stats.Run)
	for _, u := range updates {
		if u.Window != nil && len(r.Windows) == windows {
			break
		}
		r.Apply(u)
	}
	return r
}

func identical(t *testing.T, got, want *stats.Run) {
	t.Helper()
	if a, b := got.Accounting(true), want.Accounting(true); a != b {
		t.Errorf("%d windows: %v, want %v", len(want.Windows), a, b)
	}
	for i := range want.Total().Cells {
		a, b := &got.Total().Cells[i], &want.Total().Cells[i]
		if a.Classes != b.Classes || a.BytesIn != b.BytesIn || !bytes.Equal(a.Response.Sparse(), b.Response.Sparse()) || !bytes.Equal(a.Service.Sparse(), b.Service.Sparse()) {
			t.Errorf("%d windows: row %d differs: %v and %v", len(want.Windows), i, a.Classes, b.Classes)
		}
	}
}
