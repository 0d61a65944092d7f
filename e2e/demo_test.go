//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDemo is what `make demo` runs: it exits 0, names its report, and leaves a
// whole run directory, in under a minute.
func TestDemo(t *testing.T) {
	f := undisturbed(t, func() finished {
		return run(t, 2*time.Minute, "run", "--ui", "plain", repo(t, "scenarios/items.yaml"))
	})
	t.Logf("exit %d, validity %s, in %s", f.code, f.summary.Validity.Verdict, f.took.Round(time.Second))
	if f.code != 0 || f.summary.Verdict != "pass" || f.summary.Validity.Verdict != "valid" {
		t.Errorf("exit %d, verdict %s, validity %s %v\n%s%s", f.code, f.summary.Verdict,
			f.summary.Validity.Verdict, f.summary.Validity.Reasons, f.out, f.errs)
	}
	if f.took > time.Minute {
		t.Errorf("it took %s", f.took)
	}
	if !strings.Contains(f.out, "report.html") {
		t.Error("the report is not named")
	}
	f.identity(t)
	if f.summary.Connections.HeldMin < 2000 {
		t.Errorf("held at least %d connections, want 2000", f.summary.Connections.HeldMin)
	}
	for _, name := range []string{"run.json", "summary.json", "series.jsonl.gz", "agents.jsonl.gz",
		"events.jsonl", "errors.jsonl.gz", "report.html"} {
		if info, err := os.Stat(filepath.Join(f.dir, name)); err != nil || info.Size() == 0 && name != "events.jsonl" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if hists, _ := filepath.Glob(filepath.Join(f.dir, "hist", "*.hlog.gz")); len(hists) == 0 {
		t.Error("no histograms")
	}
	if scenarios, _ := filepath.Glob(filepath.Join(f.dir, "scenario", "*.yaml")); len(scenarios) != 1 {
		t.Error("no scenario text")
	}
}

// TestExamplesRun: every short example runs as it is.
func TestExamplesRun(t *testing.T) {
	for _, name := range []string{"smoke.yaml", "ramp.yaml"} {
		t.Run(name, func(t *testing.T) {
			f := unspoilt(t, func() finished {
				return run(t, time.Minute, "run", "--ui", "none", repo(t, "scenarios/"+name))
			})
			f.identity(t)
			if f.code != 0 {
				t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
			}
		})
	}
}
