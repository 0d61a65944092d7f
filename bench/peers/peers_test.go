package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

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
	got := ratio(rows[0], rows, "wrk")
	if want := (spread{Median: 0.8, Least: 0.8, Most: 0.9}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if absent := ratio(rows[0], rows, "floor"); absent != (spread{}) {
		t.Errorf("without the other there is a ratio of %+v", absent)
	}
}

func TestVerdictNamesAMissedGoal(t *testing.T) {
	rows := []row{spending("loadctl", 11), spending("wrk", 10)}
	w := workload{goals: []goal{{"wrk2", 2}, {"wrk", 1}}} // wrk2 is not here
	if text := newTable(w, rows).verdict(); !strings.Contains(text, "1.10 × wrk") || !strings.Contains(text, "MISSED") {
		t.Error(text)
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
		if _, err := scenarios.Parse("peers.yaml", []byte(w.scenario("http://127.0.0.1:1", 2*time.Second)), scenarios.Options{}); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}

// TestReadmeShowsWhatWasMeasured: the table of README is the one in bench/results.
func TestReadmeShowsWhatWasMeasured(t *testing.T) {
	b, err := os.ReadFile("../results/peers.json")
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := r.readme(); !strings.Contains(string(readme), want) {
		t.Errorf("README lacks\n%s", want)
	}
}
