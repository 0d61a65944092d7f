package runfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
)

func TestAGlanceTellsWhatTheRunDoes(t *testing.T) {
	dir, r := save(t, sample.Story{Seconds: 3})
	m, s, err := Glance(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := view.New(r).Summary(); m.RunID != want.RunID || s.ThroughputRPS != want.ThroughputRPS || *s.ResponseMS.P99 != *want.ResponseMS.P99 {
		t.Errorf("%s at %v/s, want %s at %v/s", m.RunID, s.ThroughputRPS, want.RunID, want.ThroughputRPS)
	}
	path := filepath.Join(dir, "summary.json")
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(text, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Glance(dir); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a summary that was changed: %v", err)
	}
	if _, _, err := Glance(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not a run directory") {
		t.Errorf("an empty directory: %v", err)
	}
}
