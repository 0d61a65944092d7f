package view_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestPointsAreMerged: the points of a long run hold every request once, and a
// percentile of a point is that of the merged histograms, not a mean.
func TestPointsAreMerged(t *testing.T) {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "steady", Recorded: true}}, Cells: []stats.CellKey{{Name: "/", Recorded: true}}}
	r := new(stats.Run)
	r.Apply(stats.Update{Started: &stats.Started{Layout: l}})
	const seconds = 1500 // three seconds a point
	for s := range seconds {
		var c stats.CellStats
		c.Response = new(stats.Histogram)
		d := time.Millisecond
		if s%3 == 2 {
			d = time.Second // one second in three is slow
		}
		for range 100 {
			c.Response.Record(d)
		}
		c.Intended, c.Classes[stats.OK] = 100, 100
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(s), Merged: &stats.Snapshot{Cells: []stats.CellStats{c}, Phases: make([]stats.PhaseStats, 1)}}})
	}
	v := view.New(r)
	if v.Step != 3 || len(v.Points) != seconds/3 {
		t.Fatalf("%d points of %d s", len(v.Points), v.Step)
	}
	var counted uint64
	for _, p := range v.Points {
		counted += p.Response.Count
		if p.Response.P50.Value > 2*time.Millisecond || p.Response.P90.Value < 999*time.Millisecond {
			t.Fatalf("p50 %v, p90 %v: not merged", p.Response.P50.Value, p.Response.P90.Value)
		}
		if p.Achieved != 100 {
			t.Fatalf("%v achieved a second", p.Achieved)
		}
	}
	if counted != 100*seconds {
		t.Errorf("%d requests in the points, %d in the run", counted, 100*seconds)
	}
}

// TestQuantiles: failures take the top, and thin percentiles are marked.
func TestQuantiles(t *testing.T) {
	var h stats.Histogram
	for i := range 990 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	q := view.TimesOf(&h, 10)
	if q.Count != 1000 || q.P99.Infinite || !q.P999.Infinite || q.P999.Thin {
		t.Errorf("10 of 1000 failed: %+v", q)
	}
	if q = view.TimesOf(&h, 11); !q.P99.Infinite {
		t.Errorf("11 of 1001 failed, and p99 is %v", q.P99.Value)
	}
	if q = view.TimesOf(&h, 0); !q.P999.Thin || q.P99.Thin {
		t.Errorf("990 values: p99.9 must be marked and p99 not: %+v", q)
	}
	if q = view.TimesOf(nil, 0); q.Count != 0 || q.P50.Infinite || q.Max != 0 {
		t.Errorf("nothing: %+v", q)
	}
	if q = view.TimesOf(nil, 3); !q.P50.Infinite {
		t.Errorf("only failures: %+v", q)
	}
}

// TestLensAgrees: looking again and again shows what looking once shows.
func TestLensAgrees(t *testing.T) {
	var lens view.Lens
	r := new(stats.Run)
	var last view.Live
	for _, u := range sample.Updates(sample.Troubled()) {
		r.Apply(u)
		last = lens.Look(r, 10)
	}
	once := view.Look(r, 10)
	a, _ := json.Marshal(last.Points)
	b, _ := json.Marshal(once.Points)
	if string(a) != string(b) || last.Offered != once.Offered || last.Heat.Max != once.Heat.Max {
		t.Error("a lens that saw every update sees another run")
	}
	if last.State != "done" || last.Verdict != "fail" || last.AgentsOK != 2 || last.Agents[0].State != "lost" {
		t.Errorf("state %q, verdict %q, %d agents ok, first %+v", last.State, last.Verdict, last.AgentsOK, last.Agents[0])
	}
}

// TestLookOfWholeRun: the window "run" is all of the run that is not excluded.
func TestLookOfWholeRun(t *testing.T) {
	r := sample.Run(sample.Troubled())
	v := view.Look(r, 0)
	var ended uint64
	for i, c := range r.Layout.Cells {
		if !c.Heartbeat {
			ended += r.Sound().Cells[i].Ended()
		}
	}
	if v.All.Ended != ended || v.Window != len(r.Windows) {
		t.Errorf("%d requests ended in the view of %d s, %d in the run of %d s", v.All.Ended, v.Window, ended, len(r.Windows))
	}
	var rows uint64
	for _, row := range v.Rows {
		rows += row.Ended
	}
	if rows != ended {
		t.Errorf("rows hold %d of %d requests", rows, ended)
	}
}

// TestRowsAddUp: with seconds left out of times, all counts of a row are still of the
// same requests, and rows add up to the run.
func TestRowsAddUp(t *testing.T) {
	v := view.New(sample.Run(sample.Troubled()))
	if len(v.Gaps) == 0 {
		t.Fatal("the sample has no gap")
	}
	var bytes uint64
	for _, e := range v.Endpoints {
		answers := uint64(0)
		for _, s := range e.Statuses {
			answers += s.Count
		}
		c := e.Accounting.Classes
		if want := c[stats.OK] + c[stats.HTTPError] + c[stats.CheckFailed]; answers != want {
			t.Errorf("%s: %d answers by status, %d by class", e.Name, answers, want)
		}
		bytes += e.BytesIn
	}
	if bytes != v.BytesIn {
		t.Errorf("rows received %d bytes, the run %d", bytes, v.BytesIn)
	}
}

// TestHeatHoldsEveryRequest: each successful request lies in exactly one cell.
func TestHeatHoldsEveryRequest(t *testing.T) {
	v := view.New(sample.Run(sample.Troubled()))
	var cells, values uint64
	for _, column := range v.Heat.Cells {
		if len(column) != len(v.Heat.Edges)-1 {
			t.Fatalf("%d rows for %d edges", len(column), len(v.Heat.Edges))
		}
		for _, n := range column {
			cells += n
		}
	}
	for _, p := range v.Points {
		values += p.Response.Count - p.Response.Failed
	}
	if cells != values {
		t.Errorf("%d requests in the heat map, %d in the points", cells, values)
	}
}

func TestSummaryFields(t *testing.T) {
	r := sample.Run(sample.Troubled())
	b, err := json.Marshal(view.New(r).Summary())
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"schema", "run_id", "scenario", "verdict", "exit_code", "validity", "load", "accounting", "accounting_unrecorded",
		"throughput_rps", "connections", "heartbeats", "response_ms", "service_ms", "requests", "agents", "hosts", "coordinator", "thresholds"} {
		if s[key] == nil {
			t.Errorf("summary has no %s", key)
		}
	}
	a := s["accounting"].(map[string]any)
	sum := 0.0
	for key, n := range a {
		if key != "intended" {
			sum += n.(float64)
		}
	}
	if sum != a["intended"].(float64) || len(a) != 1+stats.Classes {
		t.Errorf("the classes add up to %v: %v", sum, a)
	}
	if p := s["response_ms"].(map[string]any); p["p999"] != nil || p["p99"] == nil {
		t.Errorf("0.8 %% failed: p99 %v must be a number and p99.9 %v null", p["p99"], p["p999"])
	}
}

// TestSummaryOfAnything: no run makes a summary that JSON cannot hold.
func TestSummaryOfAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := sample.Story{
			Seconds: rapid.IntRange(1, 4).Draw(rt, "seconds"), Rate: float64(rapid.IntRange(1, 50).Draw(rt, "rate")), Agents: rapid.IntRange(1, 3).Draw(rt, "agents"),
			Connections: rapid.IntRange(0, 20).Draw(rt, "connections"), Errors: rapid.Bool().Draw(rt, "errors"), Closed: rapid.Bool().Draw(rt, "closed"),
		}
		updates := sample.Updates(s)
		r := new(stats.Run)
		for _, u := range updates[:rapid.IntRange(0, len(updates)).Draw(rt, "how far")] {
			r.Apply(u)
		}
		r.Verdicts = append(r.Verdicts, stats.Verdict{Value: math.Inf(1), FirstFail: stats.Never}, stats.Verdict{Value: math.NaN(), NoData: true, FirstFail: stats.Never})
		v := view.New(r)
		if _, err := json.Marshal(v.Summary()); err != nil {
			rt.Fatal(err)
		}
		view.Look(r, rapid.IntRange(0, 9).Draw(rt, "window"))
		if r.Result != nil && (v.Accounting.Missing() != 0 || v.Unrecorded.Missing() != 0) {
			rt.Errorf("%s", v.Accounting)
		}
	})
}

func TestConclusion(t *testing.T) {
	for name, c := range map[string]struct {
		story sample.Story
		want  []string
	}{
		"troubled": {sample.Troubled(), []string{"1 of 4 thresholds did not hold.", "99 % at most 1.9", "requests failed (0.8", "First to break was response_time{name:/items/{id}} p(99)<150ms", "degraded"}},
		"healthy":  {sample.Healthy(), []string{"All 4 thresholds held.", "Of 2\u2009000 connections asked for, never fewer than 2\u2009000 were held."}},
		"closed":   {sample.Story{Closed: true}, []string{"All 3 thresholds held."}},
		"stopped":  {sample.Story{Unfinished: true}, []string{"The run did not finish"}},
	} {
		v := view.New(sample.Run(c.story))
		for _, want := range c.want {
			if !strings.Contains(v.Conclusion, want) {
				t.Errorf("%s: %q does not say %q", name, v.Conclusion, want)
			}
		}
	}
}

// TestClosedModel: its heading warns, and Little's law is printed.
func TestClosedModel(t *testing.T) {
	v := view.New(sample.Run(sample.Story{Closed: true}))
	if v.Heading != view.ClosedHeading || !strings.Contains(v.Heading, "throughput valid") || !strings.Contains(v.Heading, "hides queueing") {
		t.Errorf("heading %q", v.Heading)
	}
	if !strings.Contains(v.Little, "N = X·(R+Z)") || !strings.Contains(v.Little, "it holds") {
		t.Errorf("little %q", v.Little)
	}
	if v := view.New(sample.Run(sample.Story{})); v.Little != "" {
		t.Errorf("an open model has no Little line: %q", v.Little)
	}
}

func TestFormats(t *testing.T) {
	for want, got := range map[string]string{
		"11\u2009874": view.Group(11874), "7": view.Group(7), "1\u2009234\u2009567": view.Group(1234567),
		"0.42": view.Millis(420 * time.Microsecond), "148.3": view.Millis(148300 * time.Microsecond), "1\u2009204": view.Millis(1204 * time.Millisecond),
		"<0.01 %": view.Percent(0.00001), ">99.99 %": view.Percent(0.999999), "0.82 %": view.Percent(0.0082), "100 %": view.Percent(1), "–": view.Percent(math.NaN()),
		"48.1 MB": view.Bytes(48.1e6), "1:04:12": view.Clock(3852 * time.Second), "250 µs": view.Span(250 * time.Microsecond), "1.2 s": view.Span(1200 * time.Millisecond),
		"≥ 5\u2009000": view.QuantileText(view.Quantile{Infinite: true}, 5*time.Second, 9), "∞": view.QuantileText(view.Quantile{Infinite: true}, 0, 9),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := view.Span(stats.Never); got != "–" {
		t.Errorf("never is %q", got)
	}
}

func TestSelector(t *testing.T) {
	th := stats.Threshold{Metric: "response_time", Tags: stats.Tags{Name: "/items/{id}", Phase: "steady"}}
	if got := view.Selector(th); got != "response_time{name:/items/{id},phase:steady}" {
		t.Error(got)
	}
}

func BenchmarkLook(b *testing.B) {
	r := sample.Run(sample.Troubled())
	var lens view.Lens
	b.ReportAllocs()
	for b.Loop() {
		lens.Look(r, 10)
	}
}

func BenchmarkNew(b *testing.B) {
	r := sample.Run(sample.Troubled())
	b.ReportAllocs()
	for b.Loop() {
		view.New(r)
	}
}
