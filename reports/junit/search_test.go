package junit

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
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

// That no setting holds the load is a failure, as it is of a capacity: a build that asks is not to be green.
func TestTuneOutcomes(t *testing.T) {
	for o, want := range map[tune.Outcome][3]int{tune.Better: {}, tune.NoChange: {}, tune.Nothing: {1, 0, 0}, tune.Broken: {0, 1, 0}, tune.Unfinished: {0, 0, 1}} {
		r := &tune.Result{Fitness: "throughput", Outcome: o, Recommended: tune.Score{Setting: tune.Setting{"pool": "33"}, Gain: 0.5}}
		_, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Tune(b, frame(), r) })
		if got := [3]int{failures, errors, skips}; got != want {
			t.Errorf("%s: failures, errors, skipped %v, want %v", o, got, want)
		}
	}
}

// casesOf are the names of cases with what they say.
func casesOf(t *testing.T, write func(*bytes.Buffer) error) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	var all testsuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, c := range all.Suites[0].Cases {
		said[c.Name] = c.Out
	}
	return said
}

// The cheapest setting is told by its cost, and a setting as people type it.
func TestATuningIsToldByWhatWasAsked(t *testing.T) {
	params := []tune.Param{{Name: "workers"}, {Name: "pool"}}
	set := tune.Setting{"pool": "33", "workers": "4"}
	for want, r := range map[string]*tune.Result{
		"better: workers=4, pool=33 is +41.00 % (+35.00 to > +1000): it came back": {Outcome: tune.Better, Goal: tune.Most, Fitness: "throughput", Why: "it came back", Params: params,
			Recommended: tune.Score{Setting: set, Gain: 0.41, Low: 0.35, High: 22025}},
		"better: workers=4, pool=33 costs 12000 dollars a month: it held": {Outcome: tune.Better, Goal: tune.Cheapest, Fitness: "hold", Why: "it held", Params: params, CostUnit: "dollars a month",
			Recommended: tune.Score{Setting: set, Cost: 12_000}},
	} {
		said := casesOf(t, func(b *bytes.Buffer) error { return Tune(b, frame(), r) })
		if got := said["tuning: "+r.Fitness]; got != want {
			t.Errorf("%q of %v, want %q", got, said, want)
		}
	}
}

// What was held or asked for beside is in the name, as a capacity without it is another.
func TestACapacityIsNamedByWhatStoodBeside(t *testing.T) {
	for want, r := range map[string]*capacity.Result{
		"capacity: rate": {Axis: "rate", Outcome: capacity.Found, Capacity: 749, Low: 730, High: 760, Confidence: 0.95},
		"capacity: rate with 10000 connections held": {Axis: "rate", Beside: trial.Load{Connections: 10_000}, Outcome: capacity.Found, Capacity: 749, Low: 730, High: 760, Confidence: 0.95},
		"capacity: connections at 200/s":             {Axis: "connections", Beside: trial.Load{Rate: 200}, Outcome: capacity.Found, Capacity: 12_000, Low: 12_000, High: 12_100},
	} {
		said := casesOf(t, func(b *bytes.Buffer) error { return Capacity(b, frame(), r) })
		if got := said[want]; got != "found: "+r.Words() {
			t.Errorf("%s: %v", want, said)
		}
	}
}

func level(n int, o capacity.Outcome) frontier.Level {
	return frontier.Level{Connections: n, Rate: &capacity.Result{Axis: "rate", Outcome: o, Capacity: 749, Low: 730, High: 760, Confidence: 0.95}}
}

// Every level has a case; one that holds nothing fails no build while another holds something, and what became of
// the whole is shown by one of them, or by itself.
func TestFrontierOutcomes(t *testing.T) {
	lost := frontier.Level{Connections: 9000, Skipped: "the connections themselves fail"}
	for _, c := range []struct {
		r    frontier.Result
		want [4]int // tests, failures, errors, skipped
	}{
		{frontier.Result{Outcome: capacity.Found, Levels: []frontier.Level{level(10, capacity.Found), level(100, capacity.AtLeast), level(1000, capacity.Nothing), lost, {Connections: 20_000}}}, [4]int{5, 0, 0, 3}},
		{frontier.Result{Outcome: capacity.Nothing, Levels: []frontier.Level{level(10, capacity.Nothing), lost}}, [4]int{2, 1, 0, 1}},
		{frontier.Result{Outcome: capacity.Nothing, Why: "no rate holds", Levels: []frontier.Level{lost}}, [4]int{2, 1, 0, 1}},
		{frontier.Result{Outcome: capacity.Broken, Levels: []frontier.Level{level(10, capacity.Found), level(100, capacity.Broken)}}, [4]int{2, 0, 1, 0}},
		{frontier.Result{Outcome: capacity.Unfinished, Levels: []frontier.Level{level(10, capacity.Found), level(100, capacity.Unfinished)}}, [4]int{2, 0, 0, 1}},
		{frontier.Result{Outcome: capacity.Unfinished, Levels: []frontier.Level{level(10, capacity.Found)}}, [4]int{2, 0, 0, 1}},
	} {
		tests, failures, errors, skips := counts(t, func(b *bytes.Buffer) error { return Frontier(b, frame(), &c.r) })
		if got := [4]int{tests, failures, errors, skips}; got != c.want {
			t.Errorf("%s of %d levels: tests, failures, errors, skipped %v, want %v", c.r.Outcome, len(c.r.Levels), got, c.want)
		}
	}
	r := &frontier.Result{Outcome: capacity.Found, Levels: []frontier.Level{level(10, capacity.Found), lost}}
	said := casesOf(t, func(b *bytes.Buffer) error { return Frontier(b, frame(), r) })
	if said["capacity: rate with 10 connections held"] != "found: 749 iterations a second (95 % interval 730 to 760)" || said["capacity: rate with 9000 connections held"] != "9000 connections: the connections themselves fail" {
		t.Errorf("%v", said)
	}
}

// The capacity is found anew for each build: a case that is named by it is another case each time.
func TestTheHoldIsTheSameCaseAtAnotherCapacity(t *testing.T) {
	names := map[string]bool{}
	for _, rate := range []float64{712.5, 698} {
		r := slower()
		r.Hold.Rate = rate
		for name, words := range casesOf(t, func(b *bytes.Buffer) error { return Gate(b, frame(), r, false) }) {
			if names[name] = true; name == "capacity hold" && !strings.Contains(words, fmt.Sprintf("at %.4g/s, 5 %% below", rate)) {
				t.Error(words)
			}
		}
	}
	if len(names) != 5 || !names["capacity hold"] {
		t.Errorf("%v", names)
	}
}
