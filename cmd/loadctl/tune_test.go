package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/answers"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/tuning"
)

func TestExitCodesOfATuning(t *testing.T) {
	invalid := tune.Tried{Told: trial.Told{Validity: stats.Invalid}}
	valid := tune.Tried{Told: trial.Told{Validity: stats.Valid}}
	broken := tune.Tried{Told: trial.Told{Broken: "a hook failed"}}
	for _, c := range []struct {
		r    tune.Result
		want int
	}{
		{tune.Result{Outcome: tune.Better}, 0},
		{tune.Result{Outcome: tune.NoChange}, 0},
		{tune.Result{Outcome: tune.Nothing}, 99},
		{tune.Result{Outcome: tune.Unfinished}, 3},
		{tune.Result{Outcome: tune.Broken}, 1},
		{tune.Result{Outcome: tune.Broken, Trials: []tune.Tried{broken}}, 1},
		{tune.Result{Outcome: tune.Broken, Trials: []tune.Tried{invalid, valid}}, 1},
		{tune.Result{Outcome: tune.Broken, Trials: []tune.Tried{invalid, broken}}, 97},
	} {
		if got := tuneExit(&c.r); got != c.want {
			t.Errorf("%s of %d trials exits %d, want %d", c.r.Outcome, len(c.r.Trials), got, c.want)
		}
	}
}

// TestReadyTuningFilesTellWhatTheyWouldDo without any of their services.
func TestReadyTuningFilesTellWhatTheyWouldDo(t *testing.T) {
	files, err := filepath.Glob("../../tuning/*.yaml")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "../../bench/verdicts/tune-service.yaml") {
		var out, errw bytes.Buffer
		c := newTune()
		c.SetArgs([]string{file, "--dry-run"})
		c.SetOut(&out)
		c.SetErr(&errw)
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if text := out.String(); !strings.Contains(text, "trials of") || !strings.Contains(text, "a setting is put in force so:") {
			t.Errorf("%s:\n%s", file, text)
		}
	}
}

// TestCostsAreToldBeforeATrial, in their unit: of each, of every value, and of the whole.
func TestCostsAreToldBeforeATrial(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("scenario.yaml", searched)
	for want, params := range map[string]string{
		"  cost: 2 connections for each\n":                               `{name: pool, values: [4, 8], current: "4", cost: {each: 2, unit: connections}, apply: {target: pool_size}}`,
		"  cost: small 5 dollars a month, large 12000 dollars a month\n": `{name: plan, values: [small, large], current: small, cost: {values: {small: 5, large: 12000}, unit: dollars a month}, apply: {command: [plan, "${value}"]}}`,
		"\ncost: pool * 3, in connections\n":                             `{name: pool, values: [4, 8], current: "4", apply: {target: pool_size}}` + "\ncost: {of: pool * 3, unit: connections}",
		"\ncost: pool * 3\n":                                             `{name: pool, values: [4, 8], current: "4", apply: {target: pool_size}}` + "\ncost: pool * 3",
	} {
		file := write("tuning.yaml", "version: 1\nscenario: scenario.yaml\nparams:\n  - "+params+"\n")
		if code, out, errs := loadctl("tune", file, "--dry-run"); code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %q\n%s%s", code, want, out, errs)
		}
	}
}

// TestTheUnitOfCostsReachesItsReaders: the answer, its files, and the report that is made again.
func TestTheUnitOfCostsReachesItsReaders(t *testing.T) {
	f, err := tuning.Parse("x.yaml", []byte("version: 1\nscenario: scenario.yaml\ngoal: cheapest\nload: {rate: 50/s}\nparams:\n"+
		"  - {name: plan, values: [small, large], current: large, cost: {values: {small: 5, large: 12}, unit: dollars a month}, apply: {command: [plan, \"${value}\"]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := &tunePlan{Params: []tune.Param{{Name: "plan", Values: f.Params[0].Values}}, Incumbent: tune.Setting{"plan": "large"}, Load: trial.Load{Rate: 50}}
	search, err := tune.New(p.config(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, more := search.Next(); more; _, more = search.Next() {
		search.Tell(trial.Told{Validity: stats.Valid, Throughput: 50, Requests: 100, Took: time.Second})
	}
	a := tuneAnswerOf(search.Result(), p)
	text, err := json.Marshal(a)
	if err != nil || !strings.Contains(string(text), `"cost_unit":"dollars a month"`) {
		t.Errorf("%v\n%s", err, text)
	}
	var read tuneAnswer
	if err := json.Unmarshal(text, &read); err != nil || read.CostUnit != "dollars a month" {
		t.Errorf("%q, %v", read.CostUnit, err)
	}
	for what, words := range map[string]string{"why": a.Why, "the headline": answers.OfTune(read.Result, answers.Info{}).Verdict.Line, "history": tuneSaid(&read.Result)} {
		if !strings.Contains(words, "5 dollars a month") {
			t.Errorf("%s: %s", what, words)
		}
	}
}

// TestFoldersOfTargetsAreToldApart, and are names of one folder.
func TestFoldersOfTargetsAreToldApart(t *testing.T) {
	for base, want := range map[string]string{"http://127.0.0.1:8081": "of-127.0.0.1_8081", "http://[::1]:80/api/": "of-___1__80_api", "https://..": "of-..", "": "of-"} {
		if got := placeName(base); got != want {
			t.Errorf("%s is in %q, want %q", base, got, want)
		}
	}
}
