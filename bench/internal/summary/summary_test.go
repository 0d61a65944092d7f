package summary

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

const text = `{"validity": {"verdict": "degraded", "reasons": ["late"]}, "accounting": {"intended": 9, "ok": 8}, "failed_rate": 0.1,
"response_ms": {"count": 9, "mean": 2.5, "p50": 2, "p99": 7, "p999": null}, "pool_wait_ms": {"count": 8, "mean": 0.5},
"confidence": [{"p": 99, "withheld": false}, {"p": 99.9, "withheld": true}]}`

func TestTheOneRunOfAFolderIsRead(t *testing.T) {
	runs := t.TempDir()
	if _, _, err := Read(runs); err == nil {
		t.Error("no run was read")
	}
	for i, name := range []string{"one", "two"} {
		dir := filepath.Join(runs, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "summary.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, s, err := Read(runs)
		if i == 1 && err == nil {
			t.Error("one of two runs was read")
		}
		if i == 0 && (err != nil || got != dir || s.Validity.Reasons[0] != "late" || s.Accounting.OK != 8 || *s.PoolWait.Mean != 0.5) {
			t.Errorf("%s: %+v (%v)", got, s, err)
		}
	}
}

func TestATimeThatIsNotToldIsInfinite(t *testing.T) {
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if s.Response.At(50) != 2 || s.Response.At(99) != 7 || !math.IsInf(s.Response.At(99.9), 1) || !math.IsInf(s.Service.At(50), 1) {
		t.Errorf("%+v", s)
	}
	if s.Withheld(99) || !s.Withheld(99.9) || s.Withheld(50) {
		t.Errorf("%+v", s.Confidence)
	}
	if _, err := Parse([]byte("{")); err == nil {
		t.Error("half a summary was read")
	}
}
