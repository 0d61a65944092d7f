package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/reports/tui"
)

// within is how long anything here may take before a test gives up.
const within = 30 * time.Second

func send(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

func heard[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(within):
		t.Fatal("nothing was heard")
	}
	return v
}

// TestInterruptsStopWhatComesFirst: what comes before the run, then the load, then
// all of it; whatever signal it is.
func TestInterruptsStopWhatComesFirst(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	if c.early.Err() != nil {
		t.Fatal("stopped by nobody")
	}
	send(t, syscall.SIGINT)
	if got := heard(t, c.out); got != coordinator.Stop {
		t.Errorf("the first asks for %v", got)
	}
	heard(t, c.early.Done())
	send(t, syscall.SIGTERM)
	if got := heard(t, c.out); got != coordinator.Kill {
		t.Errorf("the second asks for %v", got)
	}
}

// TestAnInterruptOfTheLastWritesKilled: handlers were gone by then, and so were the
// files of the run.
func TestAnInterruptOfTheLastWritesKilled(t *testing.T) {
	c := newControls(t.Context())
	said := make(chan string, 1)
	c.then(func() { said <- "still writing" })
	for range 3 {
		send(t, syscall.SIGINT)
		heard(t, said)
	}
	c.then(nil)
	send(t, syscall.SIGINT)
	for range 4 {
		heard(t, c.out) // the fourth has been dealt with
	}
	c.close()
	if len(said) != 0 {
		t.Error("it was said after then had ended it")
	}
}

// TestAnInterruptLeavesAScenarioThatNeverComes, such as one from a pipe.
func TestAnInterruptLeavesAScenarioThatNeverComes(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	never := make(chan struct{})
	defer close(never)
	time.AfterFunc(10*time.Millisecond, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGINT) })
	_, err := c.unlessStopped(func() (*job, error) { <-never; return nil, nil })
	if exitCode(err) != exitInterrupted {
		t.Errorf("it exits %d: %v", exitCode(err), err)
	}
}

// TestWishesNobodyHearsBlockNobody.
func TestWishesNobodyHearsBlockNobody(t *testing.T) {
	c := newControls(t.Context())
	for range 100 {
		c.key(tui.Pause)
	}
	c.close()
	if got := heard(t, c.out); got != coordinator.Pause {
		t.Errorf("heard %v", got)
	}
}
