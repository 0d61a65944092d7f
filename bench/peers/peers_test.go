package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/bench/internal/tiny"
	"github.com/loadctl/loadctl/scenarios"
)

// spending makes a row whose rounds cost so many µs a request.
func spending(client string, micros ...float64) row {
	r := row{client: client}
	for i, us := range micros {
		r.runs = append(r.runs, outing{Round: i, CPU: us, Requests: 1e6})
	}
	return r
}

// TestRatiosAreTakenWithinRounds: a round in which all were slow says nothing.
func TestRatiosAreTakenWithinRounds(t *testing.T) {
	rows := []row{spending("loadctl", 8, 16, 9), spending("wrk", 10, 20, 10)}
	got := judge.Of(ratios(rows[0], rows, "wrk"))
	if want := (judge.Spread{Median: 0.8, Least: 0.8, Most: 0.9}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if absent := ratios(rows[0], rows, "floor"); absent != nil {
		t.Errorf("without the other there are ratios of %+v", absent)
	}
}

// TestABrokenClientLosesOnlyItsOwn: rounds are paired by number, and rows stay.
func TestABrokenClientLosesOnlyItsOwn(t *testing.T) {
	wrk := spending("wrk", 10, 20)
	wrk.runs[1].Round, wrk.broken = 2, "broke in round 2: boom\nwith much output"
	rows := []row{spending("loadctl", 8, 99, 18), wrk}
	table := newTable(workload{goals: []goal{{"wrk", 1}}}, rows)
	if v := table.Verdicts[0]; !v.Kept || v.Text != "0.85 (0.80–0.90) × wrk" {
		t.Errorf("%+v", v)
	}
	if text := table.text(); !strings.Contains(text, "broke in round 2: boom") || strings.Contains(text, "output") {
		t.Error(text)
	}
	rows = []row{{client: "loadctl", broken: "broke in round 1: boom"}, spending("wrk", 10)}
	if v := newTable(workload{goals: []goal{{"wrk", 1}}, rate: 5, truth: true}, rows).Verdicts[0].String(); v !=
		"CPU for a request, goal ≤ 1.00 × wrk: loadctl broke in round 1: boom" {
		t.Error(v)
	}
}

func TestVerdictNamesAMissedGoal(t *testing.T) {
	rows := []row{spending("loadctl", 11), spending("wrk", 10)}
	w := workload{goals: []goal{{"wrk2", 2}, {"wrk", 1}}} // wrk2 is not here
	if text := newTable(w, rows).text(); !strings.Contains(text, "CPU for a request 1.10 (1.10–1.10) × wrk, goal ≤ 1.00 × wrk: MISSED") {
		t.Error(text)
	}
}

// TestEveryGoalOverTLSIsJudged: with h2load here, what was to be held against k6 was not.
func TestEveryGoalOverTLSIsJudged(t *testing.T) {
	rows := []row{spending("loadctl", 11), spending("h2load", 10), spending("k6", 15)}
	w := workload{goals: overTLS, every: true}
	text := newTable(w, rows).text()
	for _, want := range []string{"1.10 (1.10–1.10) × h2load, goal ≤ 1.20 × h2load: kept", "0.73 (0.73–0.73) × k6, goal ≤ 0.60 × k6: MISSED"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if text := newTable(w, rows[:2]).text(); !strings.Contains(text, "goal ≤ 0.60 × k6: k6 is not here") {
		t.Error(text)
	}
	for _, w := range workloads {
		if w.tls && !w.every {
			t.Errorf("%s: only one goal counts", w.name)
		}
		if w.anew && !strings.Contains(w.what, "wrk, whose TLS") {
			t.Errorf("%s: the page does not say that wrk stands for h2load", w.name)
		}
	}
}

// TestNoClientsAreAnEmptyList: they were null in the results.
func TestNoClientsAreAnEmptyList(t *testing.T) {
	b, err := json.Marshal(newTable(workload{goals: []goal{{"wrk", 2}}, empty: "not yet"}, nil))
	if err != nil || !strings.Contains(string(b), `"clients":[]`) {
		t.Errorf("%s, %v", b, err)
	}
}

// words are a workload's verdicts, each by its name.
func words(w workload, rows ...row) map[string]string {
	all := map[string]string{}
	for _, v := range w.verdicts(rows) {
		all[v.What] = v.Word()
	}
	return all
}

func TestOpenLoadsAreHeldToLagTruthAndRate(t *testing.T) {
	open := func(lag, sent, told float64) row {
		r := spending("loadctl", 2)
		r.runs[0].Lag, r.runs[0].Sent = lag, sent
		r.runs[0].Service = &service{Client: tiny.Times{P50: told, P99: 4}, Server: tiny.Times{P50: 2, P99: 3}}
		return r
	}
	w := workload{rate: 5, goals: []goal{{"wrk2", 0.25}}, lag: 300 * time.Microsecond, truth: true, held: true}
	const cpu, lag, rate, truth = "CPU for a request", "pacer lag p99", "requests sent ÷ due", "service time p50 less the server's own"
	for _, c := range []struct {
		ours row
		want map[string]string
	}{
		{open(0.2, 1, 2.03), map[string]string{cpu: "kept", lag: "kept", rate: "kept", truth: "kept"}},
		{open(0.4, 0.9985, 2.2), map[string]string{cpu: "kept", lag: "MISSED", rate: "MISSED", truth: "MISSED"}},
		{open(0.2, 1.0015, 1.8), map[string]string{cpu: "kept", lag: "kept", rate: "MISSED", truth: "MISSED"}},
	} {
		got := words(w, c.ours, spending("wrk2", 10))
		for what, want := range c.want {
			if got[what] != want {
				t.Errorf("%s: %s, want %s of %+v", what, got[what], want, c.ours.runs[0])
			}
		}
	}
	if got := words(w, open(0.2, 1, 2)); got[cpu] != "nobody to hold it against is here" || got[lag] != "kept" {
		t.Errorf("without wrk2 %v", got)
	}
}

func TestWhatIsNotMeasuredSaysWhy(t *testing.T) {
	w := workload{goals: []goal{{"wrk", 2}}, empty: "there are no scripts yet"}
	if text := newTable(w, nil).text(); !strings.Contains(text, "CPU for a request, goal ≤ 2.00 × wrk: there are no scripts yet") {
		t.Error(text)
	}
}

// TestEveryClientTakesEveryPlace, so that none always follows the same other.
func TestEveryClientTakesEveryPlace(t *testing.T) {
	seen := map[[2]int]bool{}
	for round := range 6 {
		order := turn(3, round)
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int{0, 1, 2}) {
			t.Fatalf("round %d: %v", round, order)
		}
		for place, k := range order {
			seen[[2]int{place, k}] = true
		}
	}
	if len(seen) != 9 {
		t.Errorf("%v", seen)
	}
}

// TestTablesLeftOutAreKept: what a run was not asked for stays as it was.
func TestTablesLeftOutAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peers")
	r, err := earlier(path)
	if err != nil || r.Machine != machine() {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, name := range []string{"open-50000", "closed-64", "open-50000", "gone"} {
		r.Tables = append(r.Tables, table{Name: name, Day: "before"})
	}
	r.put(table{Name: "open-50000", Day: "now"})
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	again, err := earlier(path)
	if err != nil || len(again.Tables) != 2 || again.Tables[0].Name != "closed-64" || again.Tables[1].Day != "now" {
		t.Errorf("%+v, %v", again, err)
	}
	again.Machine = "another"
	if err := again.write(path); err != nil {
		t.Fatal(err)
	}
	if other, err := earlier(path); err != nil || len(other.Tables) != 0 {
		t.Errorf("of another machine: %+v, %v", other, err)
	}
}

// TestDueIsWhatTheScheduleHas: about the rate, random, and the same each time.
func TestDueIsWhatTheScheduleHas(t *testing.T) {
	w := workload{conns: 1, rate: 5000, pacing: "ticks"}
	a, err := w.due("http://127.0.0.1:1", 10*time.Second)
	b, _ := w.due("http://127.0.0.1:1", 10*time.Second)
	if err != nil || a != b || a < 49_000 || a > 51_000 || a == 50_000 {
		t.Errorf("%d, %d, %v", a, b, err)
	}
}

func TestNginxCountsWithoutItsOwnQuestions(t *testing.T) {
	text := "Active connections: 1 \nserver accepts handled requests\n 3 3 12 \nReading: 0 Writing: 1 Waiting: 0 \n"
	if m := stubbed.FindStringSubmatch(text); m == nil || m[3] != "12" {
		t.Errorf("%q", m)
	}
}

func TestScenariosOfWorkloadsAreGood(t *testing.T) {
	for _, w := range workloads {
		url := "http://127.0.0.1:1"
		if w.tls {
			url = "https://127.0.0.1:1"
		}
		if _, err := scenarios.Parse("peers.yaml", []byte(w.scenario(url, 2*time.Second)), scenarios.Options{}); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

var rewrite = flag.Bool("rewrite", false, "put the results into README")

// TestReadmeShowsWhatWasMeasured: the table of README is that of bench/results.
func TestReadmeShowsWhatWasMeasured(t *testing.T) {
	r, err := load("../results/peers")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := judge.Insert(string(b), "bench/results/peers.json", r.readme())
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile("../../README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(b) != want {
		t.Errorf("README lacks this; make bench-readme puts it there\n%s", r.readme())
	}
}
