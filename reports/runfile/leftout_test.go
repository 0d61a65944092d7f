package runfile

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
)

// TestSpoiltSecondsAreFoundAgain: which seconds the generator spoilt is in no line of the
// record, and who reads it leaves the same out.
func TestSpoiltSecondsAreFoundAgain(t *testing.T) {
	dir, r := save(t, sample.Story{Seconds: 60, Rate: 100, Stall: 30})
	if len(r.Gaps()) != 1 {
		t.Fatalf("gaps %v", r.Gaps())
	}
	got, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, r, got)
	late, tagged := strings.Count(unzipped(t, filepath.Join(dir, "series.jsonl.gz")), `"late":true`), 0
	files, _ := filepath.Glob(filepath.Join(dir, "hist", "response_time@*"))
	for _, f := range files {
		tagged = max(tagged, strings.Count(unzipped(t, f), excludedTag))
	}
	if late != 2 || tagged != 2 {
		t.Errorf("%d seconds of the series and %d of the histograms are marked, want 2", late, tagged)
	}
}

func unzipped(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
