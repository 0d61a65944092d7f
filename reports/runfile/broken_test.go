package runfile

import (
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
