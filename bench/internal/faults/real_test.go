//go:build e2e

package faults

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSpoiltRunsSaySo does each fault to one real run. What disturbs a run without harm
// makes it again; busy processes want the machine, so nothing here runs beside another.
func TestSpoiltRunsSaySo(t *testing.T) {
	binary, err := filepath.Abs("../../../bin/loadctl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	for _, f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			row, err := f.Study(t.Context(), binary, 1, func(r Run) { t.Logf("%+v", r) })
			switch {
			case err != nil:
				t.Fatal(err)
			case row.Skipped != "":
				t.Skip(row.Skipped)
			case len(row.Runs) == 0:
				t.Skipf("all of %d runs were disturbed", len(row.Disturbed))
			case row.Missed():
				t.Errorf("%s: %s", row.Must, row.Word())
			}
		})
	}
}
