package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/stats"
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

// TestFoldersOfTargetsAreToldApart, and are names of one folder.
func TestFoldersOfTargetsAreToldApart(t *testing.T) {
	for base, want := range map[string]string{"http://127.0.0.1:8081": "of-127.0.0.1_8081", "http://[::1]:80/api/": "of-___1__80_api", "https://..": "of-..", "": "of-"} {
		if got := placeName(base); got != want {
			t.Errorf("%s is in %q, want %q", base, got, want)
		}
	}
}
