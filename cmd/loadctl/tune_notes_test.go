package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator/tune"
)

// paused are users who cannot saturate anything: each pauses three seconds after a task.
const paused = `version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {reader: {wait_time: {between: [1s, 5s]}, tasks: {a: {steps: [{get: /items}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: reader, rate: 50/s, duration: 2s}
slo: {response_time: [p(99)<250ms]}
`

// tuningFile writes a tuning file beside a scenario.
func tuningFile(t *testing.T, scenario, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"scenario.yaml": scenario, "tuning.yaml": "version: 1\nscenario: scenario.yaml\n" + text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "tuning.yaml")
}

const sizes = "params: [{name: size, values: [1, 2, 4], current: 2, apply: {command: [\"true\"]}}]\n"

// TestWhatATuningCannotTellIsNotedBeforeIt, and nothing else is.
func TestWhatATuningCannotTellIsNotedBeforeIt(t *testing.T) {
	const pause, few, short = "pause 3s on average for each task", "fewer than", "the tuning may end unfinished"
	for _, c := range []struct {
		name, scenario, text string
		notes                []string // all that are wanted of those that are looked for
	}{
		{"users who pause", paused, sizes, []string{"64 users " + pause + ": they ask at most about 21 tasks a second of any setting; say load: {users: M}, where 1000 tasks a second take 3000"}},
		{"more users who pause", paused, sizes + "load: {users: 3000}\n", []string{"3000 users " + pause + ": they ask at most about 1000 tasks"}},
		{"capacities, of which the first rounds are of users", paused, sizes + "compare: capacity\n", []string{pause}},
		{"users who do not pause", searched, sizes, nil},
		{"a rate that must be held", paused, sizes + "goal: cheapest\nload: {rate: 20/s}\n", nil},
		{"too little time", searched, sizes + "budget: {time: 5m}\n", []string{"the budget is 5m0s, and about ", short}},
		{"time enough", searched, sizes + "budget: {time: 60m}\n", nil},
		{"too few trials", searched, sizes + "budget: {trials: 5}\n", []string{"budget: trials: 5 are " + few, short}},
		{"a program that is not there", searched, strings.Replace(sizes, `"true"`, "./does-not-exist", 1), []string{"tuning.yaml:3: there is no program ./does-not-exist"}},
		{"a file that is not there, and that nobody reads", searched, strings.Replace(sizes, `{command: ["true"]}`, "{env_file: {path: web.env, key: SIZE}}", 1),
			[]string{"there is no file web.env", "size: nothing reads SIZE of web.env anew"}},
	} {
		code, out, errs := loadctl("tune", tuningFile(t, c.scenario, c.text), "--dry-run")
		if code != 0 {
			t.Errorf("%s: exit %d\n%s", c.name, code, errs)
		}
		for _, want := range c.notes {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q\n%s", c.name, want, out)
			}
		}
		for _, other := range []string{"pause ", few, short, "there is no", "nothing reads"} {
			if !strings.Contains(strings.Join(c.notes, "\n"), other) && strings.Contains(out, other) {
				t.Errorf("%s: %q is said\n%s", c.name, other, out)
			}
		}
	}
}

// TestTheFirstLinesOfATuningNoteIt, too: not everybody makes a dry run.
func TestTheFirstLinesOfATuningNoteIt(t *testing.T) {
	var o tuneOptions
	o.flags(pflag.NewFlagSet("tune", pflag.ContinueOnError))
	o.runs = t.TempDir()
	text := strings.Replace(sizes, `{command: ["true"]}`, "{env_file: {path: web.env, key: SIZE}}", 1) + "budget: {time: 5m}\n"
	var out, errw bytes.Buffer
	tuner := &tuner{tuneOptions: o, out: &out, errw: &errw, file: tuningFile(t, paused, text)}
	if err := tuner.read(); err != nil {
		t.Fatal(err)
	}
	if err := tuner.begin(tune.Setting{"size": "2"}); err != nil {
		t.Fatal(err)
	}
	defer tuner.study.Close()
	tuner.announce()
	for _, want := range []string{"note: 64 users pause 3s", "note: size: nothing reads SIZE", "note: the budget is 5m0s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q\n%s", want, out.String())
		}
	}
}
