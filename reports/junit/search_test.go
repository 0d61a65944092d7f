package junit

import (
	"bytes"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/tune"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func frame() Frame {
	return Frame{Scenario: "items", Search: "20260102-030405-abcd", Tool: "loadctl dev", Target: "http://127.0.0.1:8080",
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// slower is a gate that found p99 worse, and was not sure of p50.
func slower() *gate.Result {
	return &gate.Result{
		Verdict: gate.Regression, Why: "p99 is worse by more than 5 %",
		Hold: &gate.Hold{Rate: 712.5, Capacity: 750, Margin: 0.05, Base: gate.Lead{Held: 3}, Candidate: gate.Lead{Held: 3}, Verdict: gate.Pass},
		Metrics: []gate.Metric{
			{Name: "p50", Unit: "s", Base: 0.010, Candidate: 0.0103, Change: 0.03, Low: -0.01, High: 0.07, Margin: 0.05, Primary: true, Pairs: 10, Confidence: 0.9512, Detects: 0.08, Verdict: gate.Inconclusive},
			{Name: "p99", Unit: "s", Base: 0.046, Candidate: 0.0514, Change: 0.117, Low: 0.08, High: 0.15, Margin: 0.05, Primary: true, Pairs: 10, Confidence: 0.9512, Detects: 0.09, Verdict: gate.Regression},
			{Name: "failed", Margin: 0.001, Primary: true, Pairs: 10, Confidence: 0.9512, Verdict: gate.Pass},
			{Name: "cpu", Unit: "cores", Base: 1, Candidate: 1.2, Change: 0.2, Low: 0.18, High: 0.22, Margin: 0.05, Pairs: 10, Confidence: 0.9512, Verdict: gate.Regression},
		},
		Detectable: 0.09, Took: 9 * time.Minute,
	}
}

func TestGateGolden(t *testing.T) {
	var b bytes.Buffer
	if err := Gate(&b, frame(), slower(), false); err != nil {
		t.Fatal(err)
	}
	golden(t, "gate.xml", b.Bytes())
}

func counts(t *testing.T, write func(*bytes.Buffer) error) (tests, failures, errors, skips int) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	var all testsuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	return all.Tests, all.Failures, all.Errors, all.Skipped
}

func TestInconclusiveIsSkippedUnlessItIsToFail(t *testing.T) {
	r := &gate.Result{Verdict: gate.Inconclusive, Why: "the budget was spent", Metrics: []gate.Metric{{Name: "p99", Unit: "s", Primary: true, Verdict: gate.Inconclusive}}}
	for _, fails := range []bool{false, true} {
		tests, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Gate(b, frame(), r, fails) })
		if tests != 1 || errors != 0 || (failures == 1) != fails || (skips == 0) != fails {
			t.Errorf("failing %v: %d tests, %d failures, %d errors, %d skipped", fails, tests, failures, errors, skips)
		}
	}
}

// A gate that was over before it had a figure must not look as if nothing was wrong.
func TestAVerdictWithoutFiguresHasACase(t *testing.T) {
	for v, want := range map[gate.Verdict][3]int{gate.Invalid: {0, 1, 0}, gate.Inconclusive: {0, 0, 1}, gate.Regression: {1, 0, 0}, gate.Pass: {}, "": {0, 1, 0}} {
		tests, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Gate(b, frame(), &gate.Result{Verdict: v, Why: "so"}, false) })
		if got := [3]int{failures, errors, skips}; tests != 1 || got != want {
			t.Errorf("%q: %d tests, failures, errors, skipped %v, want 1 and %v", v, tests, got, want)
		}
	}
}

func TestCapacityOutcomes(t *testing.T) {
	for o, want := range map[capacity.Outcome][3]int{capacity.Found: {}, capacity.AtLeast: {}, capacity.Nothing: {1, 0, 0}, capacity.Broken: {0, 1, 0},
		capacity.Unfinished: {0, 0, 1}, capacity.Unstable: {0, 0, 1}} {
		r := &capacity.Result{Axis: "rate", Outcome: o, Capacity: 749, Low: 730, High: 760}
		_, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Capacity(b, frame(), r) })
		if got := [3]int{failures, errors, skips}; got != want {
			t.Errorf("%s: failures, errors, skipped %v, want %v", o, got, want)
		}
	}
}

func TestTuneOutcomes(t *testing.T) {
	for o, want := range map[tune.Outcome][3]int{tune.Better: {}, tune.NoChange: {}, tune.Broken: {0, 1, 0}, tune.Unfinished: {0, 0, 1}} {
		r := &tune.Result{Fitness: "throughput", Outcome: o, Recommended: tune.Score{Setting: tune.Setting{"pool": "33"}, Gain: 0.5}}
		_, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Tune(b, frame(), r) })
		if got := [3]int{failures, errors, skips}; got != want {
			t.Errorf("%s: failures, errors, skipped %v, want %v", o, got, want)
		}
	}
}
