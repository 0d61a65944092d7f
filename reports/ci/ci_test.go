package ci

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var slo = Place{"scenarios/items.yaml", 41}

func slower() *gate.Result {
	return &gate.Result{
		Verdict: gate.Regression, Why: "p99 is worse by more than 5 %", Detectable: 0.09,
		Hold: &gate.Hold{Rate: 712.5, Capacity: 750, Margin: 0.05, Base: gate.Lead{Held: 3}, Candidate: gate.Lead{Held: 1, Broke: 4}, Verdict: gate.Regression},
		Metrics: []gate.Metric{
			{Name: "p99", Unit: "s", Base: 0.046, Candidate: 0.0514, Change: 0.117, Low: 0.08, High: 0.15, Margin: 0.05, Confidence: 0.9512, Primary: true, Pairs: 10, Verdict: gate.Regression},
			{Name: "failed", Change: 0.002, Low: 0.0015, High: 0.003, Margin: 0.001, Confidence: 0.9512, Primary: true, Pairs: 10, Verdict: gate.Regression},
			{Name: "cpu", Unit: "cores", Base: 1, Candidate: 1.2, Change: 0.2, Margin: 0.05, Pairs: 10, Verdict: gate.Regression},
		},
	}
}

// levels is a capacity at three numbers of connections, which the last ones are too many for.
func levels() *frontier.Result {
	at := func(n int, rate float64) frontier.Level {
		return frontier.Level{Connections: n, Rate: &capacity.Result{Axis: "rate", Outcome: capacity.Found, Limiting: -1, Capacity: rate, Low: rate - 10, High: rate + 10, Confidence: 0.95}}
	}
	return &frontier.Result{Outcome: capacity.Found, Levels: []frontier.Level{at(10, 749), at(1000, 600), {Connections: 20_000, Skipped: "the connections themselves fail"}}}
}

func annotated(t *testing.T, all []Annotation) string {
	t.Helper()
	var b bytes.Buffer
	if err := Annotate(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnnotationsGolden(t *testing.T) {
	all := Gate(slower(), slo)
	all = append(all, Gate(&gate.Result{Verdict: gate.Inconclusive, Why: "the budget was spent"}, slo)...)
	all = append(all, Gate(&gate.Result{Verdict: gate.Invalid, Why: "the baseline does not hold the SLO:\n3 of 3 broke it"}, Place{})...)
	all = append(all, Gate(&gate.Result{Verdict: gate.Pass}, slo)...)
	all = append(all, Capacity(&capacity.Result{Axis: "rate", Outcome: capacity.Found, Capacity: 749, Low: 730, High: 760, Confidence: 0.95}, slo)...)
	all = append(all, Tune(&tune.Result{Outcome: tune.NoChange, Why: "no setting beats the one in force"}, slo)...)
	all = append(all, Thresholds([]Broken{{"response_time", "p(99)<150ms", "151 ms", Place{"a,b:c%.yaml", 3}}})...)
	golden(t, "annotations.txt", annotated(t, all))
}

// What was held or asked for beside is said with every capacity, and no confidence that nothing is behind.
func TestCapacityAnnotationsGolden(t *testing.T) {
	var all []Annotation
	all = append(all, Capacity(&capacity.Result{Axis: "connections", Beside: trial.Load{Rate: 200}, Outcome: capacity.Found, Capacity: 12_000, Low: 12_000, High: 12_100}, slo)...)
	all = append(all, Capacity(&capacity.Result{Axis: "rate", Beside: trial.Load{Connections: 10_000}, Outcome: capacity.AtLeast, Capacity: 730, Low: 730}, slo)...)
	all = append(all, Capacity(&capacity.Result{Axis: "rate", Beside: trial.Load{Connections: 10_000}, Outcome: capacity.Nothing, Why: "even 1/s breaks the limit"}, slo)...)
	all = append(all, Frontier(levels(), slo)...)
	all = append(all, Tune(&tune.Result{Outcome: tune.Nothing, Why: "no setting is known to hold the load"}, slo)...)
	golden(t, "capacities.txt", annotated(t, all))
}

// Against stored runs no base was tried, so none is spoken of; infinitely slow has no figure.
func TestAnnotationsOfStoredBaselines(t *testing.T) {
	r := slower()
	r.Unpaired, r.Hold.Base = true, gate.Lead{}
	r.Metrics[0].Change, r.Metrics[0].High = 22025, 22025
	said := annotated(t, Gate(r, slo))
	if strings.Contains(said, "the baseline in") || strings.Contains(said, "2202500") || !strings.Contains(said, "> +1000") {
		t.Error(said)
	}
}

func TestNoMoreAnnotationsThanAreShown(t *testing.T) {
	var all []Annotation
	for i := range 25 {
		all = append(all, Annotation{Level: Error, Text: fmt.Sprint("number ", i)})
	}
	lines := strings.Split(strings.TrimSpace(annotated(t, all)), "\n")
	if len(lines) != MaxAnnotations || lines[9] != "::error title=and more::16 more are in the report" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if all[9].Text != "number 9" {
		t.Error("what was given is changed")
	}
}

// Whatever a text holds, it is one command, and says what it said.
func TestAnAnnotationIsOneCommand(t *testing.T) {
	undo := strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
	rapid.Check(t, func(r *rapid.T) {
		some := rapid.StringOf(rapid.SampledFrom([]rune("a:,%\r\n =é")))
		a := Annotation{Level: Error, Title: some.Draw(r, "title"), Text: some.Draw(r, "text")}
		line := a.command()
		if strings.Count(line, "\n") != 1 || strings.Contains(line, "\r") {
			r.Fatalf("%q is not one line", line)
		}
		head, text, ok := strings.Cut(strings.TrimSuffix(line[2:], "\n"), "::")
		if !ok || undo.Replace(text) != a.Text {
			r.Fatalf("%q says %q, want %q", line, undo.Replace(text), a.Text)
		}
		if a.Title != "" && undo.Replace(strings.TrimPrefix(head, "error title=")) != a.Title {
			r.Fatalf("%q has the title of %q", line, a.Title)
		}
	})
}

func TestMetricsGolden(t *testing.T) {
	var b bytes.Buffer
	if err := GateMetrics(&b, `it"ems`, 98, slower()); err != nil {
		t.Fatal(err)
	}
	golden(t, "gate.prom", b.String())
	b.Reset()
	if err := CapacityMetrics(&b, "items", &capacity.Result{Axis: "rate", Outcome: capacity.AtLeast, Capacity: 749, Low: 730}); err != nil {
		t.Fatal(err)
	}
	golden(t, "capacity.prom", b.String())
	b.Reset()
	if err := FrontierMetrics(&b, "items", levels()); err != nil {
		t.Fatal(err)
	}
	golden(t, "frontier.prom", b.String())
	b.Reset()
	if err := CapacityMetrics(&b, "items", &capacity.Result{Axis: "connections", Beside: trial.Load{Rate: 0.5}, Outcome: capacity.Found, Capacity: 12_000, Low: 12_000, High: 12_100}); err != nil {
		t.Fatal(err)
	}
	golden(t, "connections.prom", b.String())
}

func tuned(t *testing.T, r *tune.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := TuneMetrics(&b, "items", r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The cheapest setting that holds a load is told by its cost: that it gains 0 would be no news, and untrue.
func TestTuneMetricsGolden(t *testing.T) {
	score := tune.Score{Blocks: 6, Cost: 12}
	golden(t, "cheapest.prom", tuned(t, &tune.Result{Outcome: tune.Better, Goal: tune.Cheapest, Fitness: "hold", CostUnit: "dollars a month", Recommended: score, Incumbent: tune.Score{Blocks: 6, Cost: 48}}))
	score.Gain, score.Low, score.High, score.Cost = 0.41, 0.35, 0.47, 0
	golden(t, "tune.prom", tuned(t, &tune.Result{Outcome: tune.Better, Goal: tune.Most, Fitness: "throughput", Recommended: score, Incumbent: tune.Score{Blocks: 9}}))
	for _, o := range []tune.Outcome{tune.Nothing, tune.Unfinished, tune.Broken} {
		if got := tuned(t, &tune.Result{Outcome: o, Goal: tune.Cheapest, Recommended: score, Incumbent: score}); got != "# EOF\n" {
			t.Errorf("%s: %s", o, got)
		}
	}
}

func TestSummaryIsAddedToAndNeverTooLong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	long := "## long\n```\n" + strings.Repeat("0123456789\n", 60_000) + "```\n"
	for range 2 {
		if err := AppendSummary(file, long); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if len(got) > MaxSummary || !strings.HasPrefix(text, long) || !strings.HasSuffix(text, "9\n\n```\n"+cutNote) {
		t.Errorf("%d bytes, ending %q", len(got), text[len(text)-80:])
	}
	if err := AppendSummary(file, long); err == nil {
		t.Error("a full summary takes more")
	}
}

func TestOutputsCannotAddOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs")
	if err := AppendOutputs(file, []Output{{"verdict", "pass"}, {"report", "a\nverdict=regression\nloadctl"}, {"capacity", ""}}); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(file)
	want := "verdict=pass\nreport<<loadctl-end\na\nverdict=regression\nloadctl\nloadctl-end\ncapacity=\n"
	if string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}
