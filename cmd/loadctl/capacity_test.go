package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/reports/ci"
	"github.com/loadctl/loadctl/target/queue"
)

const searched = `version: 1
name: searched
vars: {token: abc, items: 10}
target: {base_url: "http://127.0.0.1:1"}
http: {headers: {Authorization: "Bearer ${vars.token}"}}
users: {reader: {tasks: {a: {steps: [{get: "/items/${rand.int(1, vars.items)}", name: /items}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: reader, rate: 400/s, duration: 10s}
slo: {response_time: [p(99)<100ms]}
`

// queued makes trials at a queue of 8 servers that holds p99 < 100 ms up to 749/s, in no time.
func queued() *virtual.Queue {
	return &virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 8},
		Limits: []virtual.Limit{{Above: 100 * time.Millisecond, Allowed: 0.01}}, Seed: 7, Overhead: 1400 * time.Millisecond}
}

// made is a search in a directory of its own, whose trials were made up to a number; 0 = all, -1 = none.
func made(t *testing.T, most int, args ...string) (c *capacitySearch, err error) {
	t.Helper()
	return madeOf(t, searched, most, args...)
}

func madeOf(t *testing.T, text string, most int, args ...string) (c *capacitySearch, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "searched.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	o := capacityOptions{over: capacity.Rate, given: map[string]bool{}}
	cmd := newCapacity()
	o.flags(cmd.InheritedFlags())
	if err := cmd.InheritedFlags().Parse(args); err != nil {
		t.Fatal(err)
	}
	o.runs = filepath.Join(t.TempDir(), "runs")
	c = &capacitySearch{capacityOptions: o, out: io.Discard, errw: io.Discard, file: file}
	if err := c.open(); err != nil {
		t.Fatal(err)
	}
	return c, c.drive(t.Context(), most)
}

var errEnough = errors.New("enough")

func (c *capacitySearch) drive(ctx context.Context, most int) error {
	q := queued()
	err := c.study.Drive(ctx, c.finder, func(_ context.Context, a trial.Ask) (trial.Told, error) {
		if most != 0 && a.Number > most {
			return trial.Told{}, errEnough
		}
		return q.Try(a), nil
	}, nil)
	return errors.Join(err, c.study.Close())
}

func loadctl(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// TestASearchThatIsOverIsShownAgain, with no trial and no target, by capacity --resume and by report.
func TestASearchThatIsOverIsShownAgain(t *testing.T) {
	c, err := made(t, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conclude(); exitCode(err) != exitHeld {
		t.Fatal(err)
	}
	dir := c.study.Dir()
	var a capacityAnswer
	if err := c.study.ReadResult(&a); err != nil || a.Outcome != capacity.Found || a.Low > 749 || a.High < 749*0.97 || a.Knee == nil || len(a.Curve) < 6 {
		t.Fatalf("%v, %s %v [%v, %v]", err, a.Outcome, a.Capacity, a.Low, a.High)
	}
	var bare capacity.Result // as whoever knows no more reads it
	if err := c.study.ReadResult(&bare); err != nil || bare.Capacity != a.Capacity || len(bare.Trials) != len(a.Trials) {
		t.Errorf("%v, %v", err, bare.Capacity)
	}
	for _, args := range [][]string{{"capacity", "--resume", dir, "--ui", "json"}, {"report", dir}} {
		for _, name := range []string{"report.html", "summary.md", "junit.xml"} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		code, out, errs := loadctl(args...)
		if code != 0 || !strings.Contains(out+errs, "FOUND") || !strings.HasPrefix(lastLine(errs+out), "RESULT found exit=0 capacity=") && args[0] == "report" {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
		for _, name := range []string{"report.html", "summary.md", "junit.xml"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%v: %v", args, err)
			}
		}
	}
}

// TestAnInterruptedSearchIsShownAsFarAsItIs.
func TestAnInterruptedSearchIsShownAsFarAsItIs(t *testing.T) {
	c, err := made(t, 9)
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if code, out, errs := loadctl("report", c.study.Dir()); code != 0 || !strings.Contains(out, "UNFINISHED") || !strings.HasPrefix(lastLine(out), "RESULT unfinished exit=3 ") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if err := c.interrupted(); exitCode(err) != exitInterrupted {
		t.Errorf("it exits %d: %v", exitCode(err), err)
	}
	if err := c.study.ReadResult(&capacityAnswer{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a search that goes on has a result: %v", err)
	}
}

// TestASearchIsNotGoneOnWithInAnotherFile, or with other values of its variables.
func TestASearchIsNotGoneOnWithInAnotherFile(t *testing.T) {
	c, _ := made(t, 5)
	dir := c.study.Dir()
	code, _, errs := loadctl("capacity", "--resume", dir, "-e", "items=20")
	if code != exitUsage || !strings.Contains(errs, "variable items was the file's own when the search began") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if err := os.WriteFile(c.file, []byte(strings.Replace(searched, "400/s", "500/s", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, errs = loadctl("capacity", "--resume", dir)
	if code != exitUsage || !strings.Contains(errs, "is not what it was when the search began: line 8 differs") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if err := os.Remove(c.file); err != nil {
		t.Fatal(err)
	}
	code, _, errs = loadctl("capacity", "--resume", dir)
	if code != exitUsage || !strings.Contains(errs, "name the file where it is now") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestSecretsOfASearchAreNotKept: they are asked for again.
func TestSecretsOfASearchAreNotKept(t *testing.T) {
	c, _ := made(t, 5, "-e", "token=hush-hush", "-e", "items=7")
	text, err := os.ReadFile(filepath.Join(c.study.Dir(), "study.json"))
	if err != nil || bytes.Contains(text, []byte("hush-hush")) || !bytes.Contains(text, []byte(`"items": "7"`)) {
		t.Errorf("%v\n%s", err, text)
	}
	code, _, errs := loadctl("capacity", "--resume", c.study.Dir())
	if code != exitUsage || !strings.Contains(errs, "variable token is a secret, which is not kept: give it again with -e token=…") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if got := c.goOn(); !strings.Contains(got, "-e token=…") {
		t.Errorf("%s", got)
	}
}

// reopened takes up a search by flags, without making trials.
func reopened(t *testing.T, c *capacitySearch, args ...string) *capacitySearch {
	t.Helper()
	o := capacityOptions{over: capacity.Rate, given: map[string]bool{}}
	f := newCapacity().InheritedFlags()
	o.flags(f)
	if err := f.Parse(append(args, "--resume", c.study.Dir())); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"budget", "precision"} {
		o.given[name] = f.Changed(name)
	}
	again := &capacitySearch{capacityOptions: o, out: io.Discard, errw: io.Discard}
	if err := again.open(); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestALargerBudgetGoesOn from what a search with it would have done too, to a narrower interval.
func TestALargerBudgetGoesOn(t *testing.T) {
	c, err := made(t, 0, "--budget", "4m", "--precision", "1%")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conclude(); exitCode(err) != exitInconclusive {
		t.Fatalf("it exits %d", exitCode(err))
	}
	before, trials := c.finder.one.Result(), len(c.study.Lines())
	again := reopened(t, c, "--budget", "15m")
	kept := len(again.study.Lines())
	t.Logf("%d of %d trials are kept", kept, trials)
	if kept < trials/2 {
		t.Errorf("%d of %d trials are kept", kept, trials)
	}
	if err := again.study.ReadResult(&capacityAnswer{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old result is still there: %v", err)
	}
	if err := again.drive(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if after := again.finder.one.Result(); after.High-after.Low >= before.High-before.Low || len(after.Trials) <= trials {
		t.Errorf("[%v, %v] after %d trials was [%v, %v] after %d", after.Low, after.High, len(after.Trials), before.Low, before.High, trials)
	}
	if third := reopened(t, again); len(third.study.Lines()) != len(again.study.Lines()) {
		t.Error("a search that was gone on with cannot be taken up again")
	}
}

// TestASearchOfAnotherLoadctlIsNotGoneOnWith: it would have asked for other trials.
func TestASearchOfAnotherLoadctlIsNotGoneOnWith(t *testing.T) {
	c, _ := made(t, 5)
	path := filepath.Join(c.study.Dir(), "trials.ndjson")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(`"kind":"ramp"`), []byte(`"kind":"climb"`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, errs := loadctl("capacity", "--resume", c.study.Dir())
	if code != exitUsage || !strings.Contains(errs, "trial 1 was") || !strings.Contains(errs, "begin another search") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestTrialsThatCouldNotBeMadeAreMadeAgain when a search goes on: its target is back.
func TestTrialsThatCouldNotBeMadeAreMadeAgain(t *testing.T) {
	c, _ := made(t, 5)
	c = reopened(t, c)
	err := c.study.Drive(t.Context(), c.finder, func(context.Context, trial.Ask) (trial.Told, error) {
		return trial.Told{Broken: "the target died", Took: time.Second}, nil
	}, nil)
	err = errors.Join(err, c.study.Close())
	if r := c.finder.one.Result(); err != nil || r.Outcome != capacity.Broken || r.ExitCode() != exitFailed {
		t.Fatalf("%v, %s", err, r.Outcome)
	}
	again := reopened(t, c)
	if n := len(again.study.Lines()); n != 5 {
		t.Errorf("%d trials are kept", n)
	}
	if err := again.drive(t.Context(), 0); err != nil || again.finder.one.Result().Outcome != capacity.Found {
		t.Errorf("%v, %s", err, again.finder.one.Result().Outcome)
	}
}

// TestTheFrontierIsTold at each number of connections, with the most of them as its figure.
func TestTheFrontierIsTold(t *testing.T) {
	c, err := made(t, 0, "--connections", "1000,10", "--budget", "20m")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conclude(); exitCode(err) != exitHeld {
		t.Errorf("it exits %d", exitCode(err))
	}
	var a capacityAnswer
	if err := c.study.ReadResult(&a); err != nil || a.Held != 1000 || a.Frontier == nil || len(a.Frontier.Levels) != 2 || len(a.Trials) != len(c.study.Lines()) {
		t.Errorf("%v, %+v", err, a.Frontier)
	}
	code, out, errs := loadctl("report", c.study.Dir())
	if words := strings.Join(strings.Fields(out), " "); code != 0 || !strings.Contains(words, "with 1 000 connections held") || !strings.HasPrefix(lastLine(out), "RESULT found exit=0 connections=1000 capacity=") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	for _, n := range []string{"10", "1000"} {
		c.says(t, "junit.xml", `name="capacity: rate with `+n+` connections held"`)
		c.says(t, "metrics.txt", `bound="estimate",connections="`+n+`"} `)
	}
	if notes := a.annotations(ci.Place{}); len(notes) != 1 || !strings.Contains(notes[0].Text, "10 connections: ") || !strings.Contains(notes[0].Text, "\n1000 connections: ") {
		t.Errorf("%+v", notes)
	}
}

// says looks for words in a file that a search left.
func (c *capacitySearch) says(t *testing.T, name, words string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.study.Dir(), name))
	if err != nil || !strings.Contains(string(text), words) {
		t.Errorf("%s does not say %s: %v\n%s", name, words, err, text)
	}
}

func lastLine(out string) string {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	return lines[len(lines)-1]
}

// TestOneNumberOfConnectionsIsToldWithItsCapacity, wherever the capacity is: it was nowhere.
func TestOneNumberOfConnectionsIsToldWithItsCapacity(t *testing.T) {
	c, err := made(t, 0, "--connections", "2000")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.conclude(); exitCode(err) != exitHeld {
		t.Errorf("it exits %d", exitCode(err))
	}
	c.says(t, "result.json", `"connections": 2000`)
	c.says(t, "junit.xml", `name="capacity: rate with 2000 connections held"`)
	c.says(t, "metrics.txt", `bound="estimate",connections="2000"} `)
	c.says(t, "summary.md", " connections held")
	b, err := os.ReadFile(filepath.Join(c.study.Dir(), "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(b, []byte(`"beside": {`), []byte(`"unknown": {`), 1) // as an earlier loadctl wrote it
	if err := os.WriteFile(filepath.Join(c.study.Dir(), "result.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := loadctl("report", c.study.Dir()); code != 0 || !strings.HasPrefix(lastLine(out), "RESULT found exit=0 connections=2000 capacity=") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// TestTheRateBesideConnectionsIsTold.
func TestTheRateBesideConnectionsIsTold(t *testing.T) {
	c, err := madeOf(t, searched, -1, "--over", "connections", "--rate", "200/s")
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	a := c.finder.answer(c.planned)
	b := capacityBrief(c.study, c.planned, a)
	if a.Beside != (trial.Load{Rate: 200}) || a.Held != 0 || !strings.Contains(b.Result, " rate=200") || !strings.Contains(b.Verdict.Line, " at 200/s") {
		t.Errorf("%+v: %s / %s", a.Beside, b.Verdict.Line, b.Result)
	}
}

// TestPlansAreReadBack as they were: a search is resumed by its plan.
func TestPlansAreReadBack(t *testing.T) {
	c, _ := made(t, 1)
	_, p, err := openCapacity(c.study.Dir())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(c.planned)
	b, _ := json.Marshal(p)
	if !bytes.Equal(a, b) {
		t.Errorf("%s\nis read as\n%s", a, b)
	}
}

// TestASearchThatFoundLessThanAskedSaysHowToGoOn, though it is an answer.
func TestASearchThatFoundLessThanAskedSaysHowToGoOn(t *testing.T) {
	c, _ := made(t, 1)
	for _, v := range []struct {
		result capacity.Result
		told   bool
	}{
		{capacity.Result{Outcome: capacity.Found, Needs: 4 * time.Minute}, true},
		{capacity.Result{Outcome: capacity.Unfinished, Needs: 4 * time.Minute}, true},
		{capacity.Result{Outcome: capacity.Found}, false},
		{capacity.Result{Outcome: capacity.Unfinished, Needs: 5 * time.Hour}, true},
		{capacity.Result{Outcome: capacity.Unfinished}, true},
	} {
		var b bytes.Buffer
		c.errw = &b
		if c.spent(&v.result); strings.Contains(b.String(), "--budget") != v.told {
			t.Errorf("%s, needs %v: %q", v.result.Outcome, v.result.Needs, b.String())
		}
	}
}

// refusal is the refusal, if any, to go on by flags with a search that is under way.
func (c *capacitySearch) refusal(t *testing.T, args ...string) string {
	t.Helper()
	if err := c.study.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, errs := loadctl(append([]string{"capacity", "--resume", c.study.Dir()}, args...)...)
	if code != exitUsage {
		t.Errorf("%v: exit %d: %s", args, code, errs)
	}
	return errs
}

// TestSecretsAreNotRepeatedByRefusals: the value of one that the search began without was printed.
func TestSecretsAreNotRepeatedByRefusals(t *testing.T) {
	c, _ := made(t, 5)
	if errs := c.refusal(t, "-e", "token=hunter2"); strings.Contains(errs, "hunter2") || !strings.Contains(errs, "variable token was the file's own") {
		t.Error(errs)
	}
}

// TestTheEnvironmentIsNoOtherLoad than the search began with: it was not looked at.
func TestTheEnvironmentIsNoOtherLoad(t *testing.T) {
	c, _ := made(t, 5)
	t.Setenv("LOADCTL_VAR_items", "777")
	if errs := c.refusal(t); !strings.Contains(errs, "variable items was the file's own") || !strings.Contains(errs, "LOADCTL_VAR_items") {
		t.Error(errs)
	}
	c, _ = made(t, 5)
	t.Setenv("LOADCTL_VAR_items", "778") // the search goes on with its own, whatever stands there now
	if got := reopened(t, c).job.scenario.Replaced["items"]; got != "777" {
		t.Errorf("it goes on with %s", got)
	}
	if errs := c.refusal(t, "-e", "items=9"); !strings.Contains(errs, "variable items had another value") {
		t.Error(errs)
	}
}

// TestFilesOfAScenarioStayWhatTheyWere while a search goes on.
func TestFilesOfAScenarioStayWhatTheyWere(t *testing.T) {
	body := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(body, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(searched, `{get: "/items/${rand.int(1, vars.items)}", name: /items}`, "{put: /items, body_file: "+body+"}", 1)
	c, err := madeOf(t, text, 5)
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	reopened(t, c)
	if err := os.WriteFile(body, []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	if errs := c.refusal(t); !strings.Contains(errs, body+", which the scenario names, is not what it was") {
		t.Error(errs)
	}
}

// TestASearchThatGoesOnIsNotGoneOnWith by another loadctl, which would load the target as well.
func TestASearchThatGoesOnIsNotGoneOnWith(t *testing.T) {
	c, _ := made(t, 5)
	if err := c.study.Hold(); err != nil {
		t.Fatal(err)
	}
	code, _, errs := loadctl("capacity", "--resume", c.study.Dir())
	if code != exitFailed || !strings.Contains(errs, "another loadctl goes on with this search") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestPrecisionHasBounds.
func TestPrecisionHasBounds(t *testing.T) {
	for _, text := range []string{"60%", "0.01%"} {
		if code, _, errs := loadctl("capacity", "x.yaml", "--precision", text); code != exitUsage || !strings.Contains(errs, "from 0.1% to 50%") {
			t.Errorf("%s: exit %d: %s", text, code, errs)
		}
	}
}

const onlyHeld = `version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {client: {tasks: {beat: {steps: [{get: /beat}]}}}}
phases:
  - {name: hold, executor: held-connections, connections: 800, hold: 10s, heartbeat: {task: beat, every: 20s}}
slo: {"failed{phase:hold,name:/beat}": [rate<1%]}
`

// TestConnectionsAloneAreSearched, without a rate; a rate of them is refused.
func TestConnectionsAloneAreSearched(t *testing.T) {
	c, err := madeOf(t, onlyHeld, -1, "--over", "connections")
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	k := c.planned.Config
	if k.Rate != 0 || c.finder.answer(c.planned).Beside != (trial.Load{}) || k.Start != 100 || k.Ramp != 20*time.Second || len(k.Clauses) != 1 || k.Clauses[0].Expr != "failed{name:/beat}: rate<1%" {
		t.Errorf("%+v", k)
	}
	for _, args := range [][]string{{}, {"--over", "connections", "--rate", "9/s"}} {
		code, _, errs := loadctl(append([]string{"capacity", c.file}, args...)...)
		if code != exitUsage || !strings.Contains(errs, "--over connections") || !strings.Contains(errs, "there is no rate") {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}
