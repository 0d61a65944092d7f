package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/scenarios"
)

// held is a round in which everything was kept, and more.
func held() round {
	return round{
		All:   weight{Connections: 1010, Opening: 1.5, Memory: 10_500_000, CPU: 1.2, Requests: 100},
		Few:   weight{Connections: 10, Memory: 10_000_000},
		Floor: weight{CPU: 2, Requests: 200},
	}
}

// words are a row's verdicts on rounds, each by its name and goal.
func words(w row, rounds ...round) map[string]string {
	all := map[string]string{}
	for _, v := range w.verdicts(rounds) {
		all[v.What+" "+v.Goal] = v.Text + ": " + v.Word()
	}
	return all
}

func TestFiguresAreHeldToTheirGoals(t *testing.T) {
	w := row{every: time.Second, goals: goals{above: 512, each: 1024, opening: 2 * time.Second, floor: 1.3}}
	kept := map[string]string{
		"connections lost or not opened ≤ 0": "0 (0–0): kept",
		"opened in ≤ 2.00 s":                 "1.50 (1.50–1.50) s: kept",
		"memory of a connection, beside what the agents take without any ≤ 512 B": "500 (500–500) B: kept",
		"memory of a connection, agents included ≤ 1024 B":                        "10396 (10396–10396) B: MISSED",
		"requests failed ≤ 0":                     "0 (0–0): kept",
		"CPU for a request ≤ 1.30 × floor":        "1.20 (1.20–1.20) × floor: kept",
		"CPU for a request ":                      "12000.0 (12000.0–12000.0) µs: no goal",
		"opened in, by the server's last accept ": "0.00 (0.00–0.00) s: no goal",
	}
	for what, want := range kept {
		if got := words(w, held())[what]; got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	worse := held()
	worse.All.Lost, worse.All.Opening, worse.All.Memory, worse.All.Failed, worse.All.CPU = 1, 2.1, 10_600_000, 1, 1.4
	missed := 0
	for _, word := range words(w, worse) {
		if strings.HasSuffix(word, "MISSED") {
			missed++
		}
	}
	if missed != 6 {
		t.Errorf("%d goals missed, want all 6: %v", missed, words(w, worse))
	}
}

// TestWhatBrokeIsToldBesideWhatWasMeasured: sound rounds stay, and they alone count.
func TestWhatBrokeIsToldBesideWhatWasMeasured(t *testing.T) {
	bad := held()
	bad.Fault, bad.All.Memory = "boom", 1e9
	table := newTable(rows[0], []round{held(), bad}, errors.New("round 2: boom"))
	for _, text := range []string{table.text(), table.markdown()} {
		if !strings.Contains(text, "boom") || !strings.Contains(text, "500 (500–500) B") {
			t.Error(text)
		}
	}
	if text := newTable(rows[0], nil, errors.New("boom")).text(); !strings.Contains(text, "goal ≤ 512 B: not measured") {
		t.Error(text)
	}
}

func TestWhatDoesNotFitIsRefusedWithItsArithmetic(t *testing.T) {
	ample := room{memory: 1 << 40, files: 1 << 30, each: 20_000}
	for _, w := range append(rows, try(1_000_000), rows[0].few()) {
		if err := ample.refuse(w); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
	w := row{connections: 100_000, agents: 6}
	for _, c := range []struct {
		less func(*room)
		want string
	}{
		{func(r *room) { r.memory = 1 << 30 }, "memory: 100,000 connections × 11 KiB (both ends, and the agents' part) + 6 agents × 24 MiB + 6 server processes × 8 MiB = 1.2 GiB, and 0.9 GiB are free"},
		{func(r *room) { r.files = 200_000 }, "files: 2 × 100,000 connections + 12 processes × 200 = 202,400, and the machine has 200,000 left"},
		{func(r *room) { r.each = 1024 }, "are up to 16,867 each, and a process may open 1,024"},
	} {
		r := ample
		c.less(&r)
		if err := r.refuse(w); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want only %q", err, c.want)
		}
	}
	if err := (room{}).refuse(w); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all at once: %v", err)
	}
}

func TestProcessesHoldWhatTheyMayOpen(t *testing.T) {
	for _, w := range append(rows, try(1_000_000), try(3), rows[4].scaled(0.01)) {
		if each := ceilDiv(w.connections, w.agents); each > 18_000 {
			t.Errorf("%s: %d on an agent", w.name, each)
		}
		if each := ceilDiv(w.connections, w.servers()); each > apiece {
			t.Errorf("%s: %d on a process of the server", w.name, each)
		}
	}
}

func TestScenariosOfRowsAreGood(t *testing.T) {
	for _, w := range append(rows, try(5), rows[0].few()) {
		if _, err := scenarios.Parse("idle.yaml", []byte(w.scenario("http://127.0.0.1:1")), scenarios.Options{}); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

func TestSourcesHavePortsForAll(t *testing.T) {
	for n, want := range map[int]string{10: "127.0.1.1", 14_000: "127.0.1.1", 17_000: "127.0.1.1,127.0.1.2"} {
		if got := sources(n); got != want {
			t.Errorf("%d connections from %s, want %s", n, got, want)
		}
	}
}

func TestSummaryTellsOpeningAndLosses(t *testing.T) {
	summary := `{"started": "2026-01-02T03:04:05Z", "phases": [{"begin_s": 0.5, "connected_s": 2.25}],
		"connections": {"dropped": 1, "failed": 2}, "accounting_unrecorded": {"intended": 10, "ok": 9}}`
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := weight{Lost: 1, last: begin.Add(2 * time.Second).UnixNano()}
	if err := readSummary([]byte(summary), &got); err != nil {
		t.Fatal(err)
	}
	if got.Opening != 1.75 || got.Accepting != 1.5 || got.Lost != 3 || got.Failed != 1 {
		t.Errorf("%+v", got)
	}
	if err := readSummary([]byte(`{"phases": []}`), &got); err == nil {
		t.Error("a summary without the phase is read")
	}
}

// TestRowsLeftOutAreKept, and what was tried comes last.
func TestRowsLeftOutAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "idle")
	r, err := earlier(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"try-1000000", "hold-500000", "idle-17000"} {
		r.put(table{Name: name})
	}
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	again, err := earlier(path)
	if err != nil {
		t.Fatal(err)
	}
	again.put(table{Name: "hold-500000", Day: "now"})
	var names []string
	for _, one := range again.Tables {
		names = append(names, one.Name+one.Day)
	}
	if got := strings.Join(names, " "); got != "idle-17000 hold-500000now try-1000000" {
		t.Error(got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

var rewrite = flag.Bool("rewrite", false, "put the results into README")

// TestReadmeShowsWhatWasMeasured: the table of README is that of bench/results.
func TestReadmeShowsWhatWasMeasured(t *testing.T) {
	r, err := load("../results/idle")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := judge.Insert(string(b), "bench/results/idle.json", r.readme())
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
