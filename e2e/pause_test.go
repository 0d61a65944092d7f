//go:build e2e

package e2e

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const twoSteps = `version: 1
name: two steps
target: {bundled: true, workers: 1}
users:
  u: {tasks: {x: {steps: [{get: /health}]}}}
phases:
  - {name: one, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 10s, arrivals: uniform}
  - {name: two, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 4s, arrivals: uniform}
`

// TestPauseLosesNothing: a person pauses the first of two phases for some seconds.
// All arrivals of both come, none in the pause, and the rates are those asked for.
func TestPauseLosesNothing(t *testing.T) {
	w := newTerminal(t)
	w.tmux("send-keys", "echo before; stty -a > before; "+binary(t)+" run --hold 1s "+scenario(t, twoSteps)+
		"; echo exit=$?; stty -a > after", "Enter")
	w.sees(20*time.Second, "RUNNING", "one")
	time.Sleep(3 * time.Second)
	w.tmux("send-keys", "p")
	w.sees(20*time.Second, "PAUSED")
	time.Sleep(5 * time.Second)
	w.tmux("send-keys", "p")
	w.sees(20*time.Second, "RUNNING")
	w.sees(2*time.Minute, "exit=", "before")
	w.unchanged()
	dirs, _ := filepath.Glob(filepath.Join(w.dir, "runs", "*"))
	if len(dirs) != 1 {
		t.Fatalf("runs: %v", dirs)
	}
	f := finished{dir: dirs[0]}
	s := &f.summary
	readJSON(t, filepath.Join(f.dir, "summary.json"), s)
	if s.Accounting.Intended != 1200 || s.Accounting.OK != 1200 {
		t.Errorf("%+v, want 10 s × 100/s + 4 s × 50/s = 1200", s.Accounting)
	}
	if len(s.Excluded) != 1 || !strings.HasPrefix(s.Excluded[0].Reason, "paused") || s.Excluded[0].Until-s.Excluded[0].From < 5 {
		t.Errorf("excluded: %+v, want one pause of at least 5 s", s.Excluded)
	}
	if want := 1200.0 / 14; math.Abs(s.ThroughputRPS/want-1) > 0.01 {
		t.Errorf("%.1f requests a second, want %.1f over the 14 s that were not paused", s.ThroughputRPS, want)
	}
	if s.Validity.Verdict == "valid" || !slices.ContainsFunc(s.Validity.Reasons, func(r string) bool { return strings.Contains(r, "paused") }) {
		t.Errorf("validity %+v does not name the pause", s.Validity)
	}
	f.rates(t)
}

// rates holds each second that is not paused, and not the first or last of a phase,
// against its phase's rate.
func (f finished) rates(t *testing.T) {
	t.Helper()
	seen := map[float64]int{}
	for _, s := range f.series(t) {
		if s.Paused == 0 && len(s.Phases) == 1 {
			seen[s.Offered]++
		}
	}
	if seen[100] < 7 || seen[50] < 3 {
		t.Errorf("seconds by rate offered: %v, want most at 100/s and at 50/s", seen)
	}
}
