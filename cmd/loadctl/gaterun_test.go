package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/sides"
)

// A disk that is full is no wrong usage, an interrupt is no failure, and what has said its code keeps it.
func TestWhatEndsASearchHasItsOwnExitCode(t *testing.T) {
	if got := exitCode(notMade(errors.New("no space left"), "")); got != exitFailed {
		t.Errorf("a full disk exits %d, want %d", got, exitFailed)
	}
	if got := exitCode(notMade(fmt.Errorf("a file: %w", usage(io.EOF, "")), "")); got != exitUsage {
		t.Errorf("a wrong file exits %d, want %d", got, exitUsage)
	}
	if err := notMade(context.Canceled, ""); !errors.Is(err, context.Canceled) || exitCode(err) == exitFailed {
		t.Errorf("an interrupt is %v", err)
	}
}

// The first interrupt ends what is being read, such as a pipe that nobody writes to.
func TestAnInterruptEndsTheReadingOfAGate(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "side.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var o gateOptions
	o.onInconclusive, o.trial, o.budget, o.searchBudget = "keep", time.Second, time.Second, time.Second
	o.baseline, o.candidate = "cmd:"+pipe, "http://127.0.0.1:1"
	go func() { done <- runGate(ctx, io.Discard, io.Discard, "none.yaml", o) }()
	cancel()
	select {
	case err := <-done:
		if exitCode(err) != exitInterrupted {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on reading")
	}
	if w, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		w.Close() // lets the reader that was left go
	}
}

// The second interrupt ends what the first does not, such as a stop command that hangs.
func TestASecondInterruptWaitsForNothing(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	hang := make(chan struct{})
	defer close(hang)
	c.signals <- syscall.SIGINT
	c.signals <- syscall.SIGINT
	if err := c.unlessHurried("", func() error { <-hang; return nil }); exitCode(err) != exitInterrupted {
		t.Errorf("it ended with %v", err)
	}
}

// A gate finds the capacity that `loadctl capacity` would find of the same file.
func TestAGateSearchesAsCapacityDoes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "queue.yaml")
	if err := os.WriteFile(file, []byte(yardstickFile), 0o644); err != nil {
		t.Fatal(err)
	}
	both := sides.Source{Kind: sides.Service, Text: "http://127.0.0.1:1", URL: "http://127.0.0.1:1"}
	o := selftestOptions{runs: t.TempDir(), trial: time.Second, margin: 0.05, budget: time.Minute, searchBudget: 5 * time.Minute}
	g := o.gate(io.Discard, file, gateSides{both, both}, 1)
	if err := g.prepare(); err != nil {
		t.Fatal(err)
	}
	p, err := g.capacityPlan()
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Config; c.Start != 50 || c.Settle != 3*time.Second || c.Precision != gatePrecision || c.Refine != 20*time.Second || len(c.Clauses) != 1 {
		t.Errorf("it begins at %v/s, settles %s, refines %s, to %v, of %d clauses", c.Start, c.Settle, c.Refine, c.Precision, len(c.Clauses))
	}
}

// Half a selftest is no selftest.
func TestAnInterruptedSelftestSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := selftestOptions{virtual: 10, trial: time.Second, budget: time.Second, searchBudget: time.Second, noise: 0.01}
	if got := exitCode(runSelftest(ctx, io.Discard, io.Discard, o)); got != exitInterrupted {
		t.Errorf("it exits %d, want %d", got, exitInterrupted)
	}
}

// Containers of one machine are one host, and a run of another machine does not pass for one of this.
func TestWhereALoadWasMadeIsNotGuessed(t *testing.T) {
	said := func(text string) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(text), nil }
	}
	if a, b := bootOf(said("one")), bootOf(said("two")); a == b || a != bootOf(said("one")) || a == "" {
		t.Errorf("two machines are %s and %s", a, b)
	}
	if bootOf(os.ReadFile) == "" {
		t.Error("this machine has no name")
	}
	if err := madeElsewhere(map[string]string{"local": "linux/riscv 2.4, 512 cores, 1 MiB memory, 3 files a process"}); err == nil {
		t.Error("another machine's run is taken for one of this")
	}
	twin := map[string]string{"h1": "linux/amd64", "h2": "linux/amd64"}
	if err := madeByOthers(twin); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "made by h1, h2") {
		t.Errorf("a run of --hosts: %v", err)
	}
	if err := madeByOthers(map[string]string{localHost: "linux/amd64"}); err != nil {
		t.Error(err)
	}
}

// A run with another peak is not stored as one of the file.
func TestARunIsStoredWithItsVariables(t *testing.T) {
	args := []string{"loadctl", "run", "q.yaml", "-e", "peak=9", "--var=a=b=c", "-epath=x", "-e=y=z", "-e", "password=" + hidden, "--seed", "1"}
	want := map[string]string{"peak": "9", "a": "b=c", "path": "x", "y": "z"}
	if got := varsGiven(args); !maps.Equal(got, want) {
		t.Errorf("variables are %v, want %v", got, want)
	}
	if got := varsGiven([]string{"loadctl", "run", "q.yaml", "--explain"}); got != nil {
		t.Errorf("variables are %v, of none", got)
	}
}
