package capacity

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// anything is what a trial of any target, sane or not, may tell.
func anything(t *rapid.T, a trial.Ask, clauses int) trial.Told {
	if rapid.IntRange(0, 30).Draw(t, "broken") == 0 {
		return trial.Told{Broken: "gone", Took: time.Second}
	}
	told := trial.Told{
		Validity:  rapid.SampledFrom([]string{stats.Valid, stats.Valid, stats.Valid, stats.Degraded, stats.Invalid}).Draw(t, "validity"),
		Generator: rapid.IntRange(0, 20).Draw(t, "generator") == 0,
		Measured:  a.Length, Took: time.Duration(rapid.IntRange(0, 60).Draw(t, "took")) * time.Second,
		Growing: rapid.IntRange(0, 10).Draw(t, "growing") == 0, Slope: float64(rapid.IntRange(0, 1000).Draw(t, "slope")),
	}
	if rapid.IntRange(0, 15).Draw(t, "broke") == 0 {
		told.Broke = []string{"connections: some were dropped"}
	}
	load := a.Rate + float64(a.Connections)
	capacity := rapid.SampledFrom([]float64{0.01, 50, 52, 55, 1e6}).Draw(t, "capacity")
	for range rapid.IntRange(0, clauses).Draw(t, "clauses") {
		n := uint64(rapid.IntRange(0, 100000).Draw(t, "n"))
		bad := float64(n) * min(1, 0.01*math.Pow(load/capacity, rapid.SampledFrom([]float64{1, 10, 500}).Draw(t, "b")))
		told.Counts = append(told.Counts, trial.Count{N: n, Bad: uint64(bad), Clump: rapid.SampledFrom([]float64{0, 1, 30, 1e5}).Draw(t, "clump")})
	}
	return told
}

func anyConfig(t *rapid.T) Config {
	c := Config{
		Axis:   rapid.SampledFrom([]string{"", Rate, Connections}).Draw(t, "axis"),
		Start:  rapid.SampledFrom([]float64{0, 1, 7.5, 100}).Draw(t, "start"),
		Guess:  rapid.SampledFrom([]Guess{{}, {}, {Low: 0.5, High: 0.51}, {Low: 48, High: 55}, {Low: 10, High: 5000}, {Low: 5, High: 1}}).Draw(t, "guess"),
		Least:  rapid.SampledFrom([]float64{0, 0.5, 20}).Draw(t, "least"),
		Most:   rapid.SampledFrom([]float64{0, 0.7, 60, 1000}).Draw(t, "most"),
		Whole:  rapid.Bool().Draw(t, "whole"),
		Budget: time.Duration(rapid.IntRange(0, 15).Draw(t, "budget")) * time.Minute,
	}
	for range rapid.IntRange(0, 3).Draw(t, "clauses") {
		c.Clauses = append(c.Clauses, trial.Clause{Expr: "a limit", Allowed: rapid.SampledFrom([]float64{0.5, 0.01, 0.001, 0}).Draw(t, "allowed")})
	}
	return c
}

// TestASearchThatCrashedIsHadAgainByTellingItsTrials: whatever a target does, a new search that
// is told what the old one was asks, answers and ends as that did, at every trial. It ends, within
// its budget but for what a trial takes by surprise, and all of its answers can be written.
func TestASearchThatCrashedIsHadAgainByTellingItsTrials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		s := New(c)
		var told []trial.Told
		for a, ok := s.Next(); ok && len(told) < 30; a, ok = s.Next() {
			if again, _ := s.Next(); !reflect.DeepEqual(again, a) {
				t.Fatalf("asked %v, and then %v", a, again)
			}
			sane(t, s, a)
			told = append(told, anything(t, a, len(c.Clauses)))
			s.Tell(told[len(told)-1])
			if rapid.IntRange(0, 5).Draw(t, "look") == 0 {
				written(t, s.Result())
			}
		}
		written(t, s.Result())
		crashed := New(c)
		at := rapid.IntRange(0, len(told)).Draw(t, "crash")
		for _, x := range told[:at] {
			crashed.Tell(x)
			crashed.Result()
		}
		resumed := New(c)
		for _, x := range told {
			resumed.Tell(x)
		}
		for _, x := range told[at:] {
			crashed.Tell(x)
		}
		if a, b := s.Result(), resumed.Result(); !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, crashed.Result()) {
			t.Fatalf("%+v\nand resumed\n%+v", a, b)
		}
	})
}

func sane(t *rapid.T, s *Search, a trial.Ask) {
	load := s.load(a)
	if !(load > 0) || math.IsInf(load, 0) || load > s.top() || a.Length <= 0 || a.Number != len(s.tried)+1 {
		t.Fatalf("asked %+v of at most %v", a, s.top())
	}
}

func written(t *rapid.T, r Result) {
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	if r.Capacity < 0 || r.Low < 0 || r.High < 0 || r.High > 0 && (r.Low > r.High || r.Capacity > r.High) || r.Low > r.Capacity && r.Capacity > 0 {
		t.Fatalf("%v: %v [%v, %v]", r.Outcome, r.Capacity, r.Low, r.High)
	}
	if r.Needs < 0 || (r.Outcome == Found) != (r.Outcome == Found && r.Verified > 0) {
		t.Fatalf("%v: verified %v, needs %v", r.Outcome, r.Verified, r.Needs)
	}
}
