package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// An ending is a run that has been driven and is to be concluded.
type ending struct {
	job       *job
	run       *stats.Run
	writer    *runfile.Writer
	out, errs bytes.Buffer
}

func newEnding(t *testing.T, ui string) *ending {
	t.Helper()
	w, err := runfile.Create(filepath.Join(t.TempDir(), "runs"), "r1")
	if err != nil {
		t.Fatal(err)
	}
	e := &ending{run: new(stats.Run), writer: w}
	for _, u := range sample.Updates(sample.Story{Seconds: 2}) {
		w.Apply(u)
		e.run.Apply(u)
	}
	e.job = &job{ui: ui, out: &e.out, errw: &e.errs, controls: newControls(t.Context())}
	t.Cleanup(e.job.controls.close)
	return e
}

// spoil makes that the files of the run cannot all be written.
func (e *ending) spoil(t *testing.T) *ending {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(e.writer.Partial(), "summary.json", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *ending) conclude() int { return exitCode(e.job.conclude(e.run, e.writer, nil)) }

func last(b bytes.Buffer) string {
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	return lines[len(lines)-1]
}

// TestARunWhoseFilesCouldNotBeWrittenLostItsResult: the summary, the RESULT line and
// the figures in them were known all the same.
func TestARunWhoseFilesCouldNotBeWrittenLostItsResult(t *testing.T) {
	for _, c := range []struct{ ended, want int }{
		{exitHeld, exitFailed}, {exitBroken, exitFailed}, {exitInvalid, exitFailed}, {exitFailed, exitFailed},
		{exitInterrupted, exitInterrupted},
	} {
		e := newEnding(t, "none").spoil(t)
		e.run.Result.ExitCode = c.ended
		if c.ended == exitInterrupted || c.ended == exitFailed {
			e.run.Result.Verdict = "aborted"
		}
		if got := e.conclude(); got != c.want {
			t.Errorf("ended %d exits %d, want %d", c.ended, got, c.want)
		}
		if got := last(e.out); !strings.HasPrefix(got, "RESULT aborted exit=") || !strings.HasSuffix(got, "run="+e.writer.Partial()) {
			t.Errorf("the last line is %q", got)
		}
		for _, part := range []string{"accounting", "measurement"} {
			if !strings.Contains(e.out.String(), part) {
				t.Errorf("the summary lacks %q:\n%s", part, e.out.String())
			}
		}
		if strings.Contains(e.out.String(), reportName) {
			t.Errorf("a report is named, and there is none:\n%s", e.out.String())
		}
		if text := e.errs.String(); !strings.Contains(text, "summary.json") || !strings.Contains(text, "hint: what was collected is in "+e.writer.Partial()) {
			t.Errorf("it says %q", text)
		}
	}
}

// TestTheResultNamesTheRunDirectory, as the last line of standard output.
func TestTheResultNamesTheRunDirectory(t *testing.T) {
	e := newEnding(t, "none")
	if got := e.conclude(); got != e.run.Result.ExitCode {
		t.Errorf("exit %d, want %d: %s", got, e.run.Result.ExitCode, e.errs.String())
	}
	if got := last(e.out); !strings.HasSuffix(got, "run="+e.writer.Path()) {
		t.Errorf("the last line is %q", got)
	}
	if !strings.Contains(e.out.String(), filepath.Join(e.writer.Path(), reportName)) {
		t.Errorf("the report is not named:\n%s", e.out.String())
	}
}

// TestTheWeightiestExitCodeCounts, in the order of the house.
func TestTheWeightiestExitCodeCounts(t *testing.T) {
	order := []int{exitInterrupted, exitUsage, exitFailed, exitInvalid, exitBroken, exitRegression, exitInconclusive, exitHeld}
	for i, a := range order {
		for j, b := range order {
			if got, want := weightiest(a, b), order[min(i, j)]; got != want {
				t.Errorf("of %d and %d it is %d, want %d", a, b, got, want)
			}
		}
	}
	if !slices.Contains(order, weightiest()) {
		t.Error("of none it is none")
	}
}

// TestJSONHadNoResultLine: standard output is JSON to its last line, so the line for
// scripts is the last of standard error, whatever else is said there.
func TestJSONHadNoResultLine(t *testing.T) {
	for _, spoilt := range []bool{false, true} {
		e := newEnding(t, "json")
		dir := e.writer.Path()
		if spoilt {
			dir = e.spoil(t).writer.Partial()
		}
		code := e.conclude()
		if got, want := last(e.errs), fmt.Sprintf(" exit=%d validity=%s run=%s", code, e.run.Validity.Verdict, dir); !strings.HasPrefix(got, "RESULT ") || !strings.HasSuffix(got, want) {
			t.Errorf("the last line of standard error is %q, want RESULT …%s", got, want)
		}
		var result struct {
			Type, Run string
			ExitCode  int `json:"exit_code"`
		}
		for line := range strings.Lines(e.out.String()) {
			if err := json.Unmarshal([]byte(line), &result); err != nil {
				t.Errorf("not JSON: %s", line)
			}
		}
		if result.Type != "result" || result.Run != dir || result.ExitCode != code {
			t.Errorf("the last line of standard output is %+v, want exit %d in %s", result, code, dir)
		}
	}
}

// TestWhatCannotBeSaidInOnePlaceIsSaidInTheOther: standard output may lie on a disk
// that is full.
func TestWhatCannotBeSaidInOnePlaceIsSaidInTheOther(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("needs a device that is always full: ", err)
	}
	defer full.Close()
	for ui, want := range map[string]string{"json": "RESULT aborted exit=1 ", "none": "no space left on device"} {
		e := newEnding(t, ui)
		e.job.out = full
		if code := e.conclude(); code != exitFailed {
			t.Errorf("%s exits %d", ui, code)
		}
		if !strings.Contains(e.errs.String(), want) {
			t.Errorf("%s says %q", ui, e.errs.String())
		}
		if _, err := os.Stat(filepath.Join(e.writer.Path(), "summary.json")); err != nil {
			t.Error(err)
		}
	}
}

// TestAnInterruptStaysAnInterruptWhenNothingCanBeSaid: 130 weighs more than 1.
func TestAnInterruptStaysAnInterruptWhenNothingCanBeSaid(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("needs a device that is always full: ", err)
	}
	defer full.Close()
	e := newEnding(t, "none")
	e.job.out, e.run.Result.ExitCode = full, exitInterrupted
	if code := e.conclude(); code != exitInterrupted {
		t.Errorf("it exits %d", code)
	}
}

// TestHandshakeThatFailsSaysWhatToDo, once, however many addresses the target has.
func TestHandshakeThatFailsSaysWhatToDo(t *testing.T) {
	fault := fmt.Errorf("target shop.test is not reachable: %w", &secure.Failure{Kind: secure.NotTLS, Detail: "first record"})
	var b strings.Builder
	printError(&b, neverBegan(stats.Result{}, errors.Join(fault, fault)))
	if got := b.String(); strings.Count(got, "hint: ") != 1 || !strings.Contains(got, "write http:// in base_url") {
		t.Error(got)
	}
}
