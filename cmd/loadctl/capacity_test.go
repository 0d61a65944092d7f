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
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
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

// made is a search in a directory of its own, whose trials were made up to a number; 0 = all.
func made(t *testing.T, most int, args ...string) (c *capacitySearch, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "searched.yaml")
	if err := os.WriteFile(file, []byte(searched), 0o644); err != nil {
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
		if most > 0 && a.Number > most {
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
		if code != 0 || !strings.Contains(out+errs, "FOUND") {
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
	if code, out, errs := loadctl("report", c.study.Dir()); code != 0 || !strings.Contains(out, "UNFINISHED") {
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
	if code != exitUsage || !strings.Contains(errs, "-e items=20: it was the file's own when the search began") {
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
	if r := c.finder.one.Result(); err != nil || r.Outcome != capacity.Broken || capacityExit(&r) != exitFailed {
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

func TestExitCodesOfCapacities(t *testing.T) {
	invalid := capacity.Tried{Told: trial.Told{Validity: stats.Invalid}}
	for _, c := range []struct {
		r    capacity.Result
		want int
	}{
		{capacity.Result{Outcome: capacity.Found}, exitHeld},
		{capacity.Result{Outcome: capacity.AtLeast, Verified: 7, Trials: []capacity.Tried{invalid}}, exitHeld},
		{capacity.Result{Outcome: capacity.AtLeast, Trials: []capacity.Tried{{}, invalid}}, exitInvalid},
		{capacity.Result{Outcome: capacity.Nothing}, exitBroken},
		{capacity.Result{Outcome: capacity.Unstable}, exitInconclusive},
		{capacity.Result{Outcome: capacity.Unfinished}, exitInconclusive},
		{capacity.Result{Outcome: capacity.Broken, Trials: []capacity.Tried{invalid, invalid}}, exitInvalid},
		{capacity.Result{Outcome: capacity.Broken, Trials: []capacity.Tried{invalid, {Told: trial.Told{Broken: "gone"}}}}, exitFailed},
	} {
		if got := capacityExit(&c.r); got != c.want {
			t.Errorf("%+v: %d, want %d", c.r, got, c.want)
		}
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
	if code, out, errs := loadctl("report", c.study.Dir()); code != 0 || !strings.Contains(out, "1000 connections") && !strings.Contains(out, "1,000 connections") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// TestSettlingGoesByTheLongestLimit, within bounds.
func TestSettlingGoesByTheLongestLimit(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{20 * time.Millisecond: 3 * time.Second, 700 * time.Millisecond: 7 * time.Second, time.Minute: 15 * time.Second} {
		if got := settleOf([]time.Duration{time.Millisecond, limit}); got != want {
			t.Errorf("%s: %s, want %s", limit, got, want)
		}
	}
}

// TestUniformArrivalsAreSaidToBeOptimistic.
func TestUniformArrivalsAreSaidToBeOptimistic(t *testing.T) {
	text := strings.Replace(searched, "duration: 10s", "duration: 10s, arrivals: uniform", 1)
	s, err := scenarios.Parse("x.yaml", []byte(text), scenarios.Options{Level: &scenarios.Level{Rate: 10, Settle: time.Second, Length: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	if law, flags := arrivalsOf(s); law != "uniform" || len(flags) != 1 || !strings.Contains(flags[0], "optimistic") {
		t.Errorf("%s, %v", law, flags)
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

// TestLimitsThatNoSearchCountsAreTold, each by its own words.
func TestLimitsThatNoSearchCountsAreTold(t *testing.T) {
	text := strings.Replace(searched, "[p(99)<100ms]", "[p(99)<100ms, avg<20ms]", 1)
	s, err := scenarios.Parse("x.yaml", []byte(text), scenarios.Options{Level: &scenarios.Level{Rate: 10, Settle: time.Second, Length: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	p := &capacityPlan{}
	p.leftOut(s.Uncounted)
	if len(p.Flags) != 1 || !strings.Contains(p.Flags[0], "response_time: avg<20ms is no share of requests") {
		t.Errorf("%v", p.Flags)
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
		{capacity.Result{Outcome: capacity.Unfinished, Needs: 5 * time.Hour}, false},
	} {
		var b bytes.Buffer
		c.errw = &b
		if c.spent(&v.result); strings.Contains(b.String(), "--budget") != v.told {
			t.Errorf("%s, needs %v: %q", v.result.Outcome, v.result.Needs, b.String())
		}
	}
}
