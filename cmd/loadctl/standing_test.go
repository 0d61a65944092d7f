package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// TestATargetThatDiesEndsItsTrial at once, and all that follow: nobody waits for it.
func TestATargetThatDiesEndsItsTrial(t *testing.T) {
	b := &bundled{cmd: exec.Command("sh", "-c", "echo no memory >&2; exit 1"), stderr: &tail{}, gone: make(chan struct{})}
	b.cmd.Stderr = b.stderr
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &standing{target: b}
	begun := make(chan struct{})
	go func() { <-begun; close(b.gone) }()
	told, err := s.during(t.Context(), trial.Ask{Number: 1}, func(ctx context.Context, _ trial.Ask) (trial.Told, error) {
		close(begun)
		<-ctx.Done()
		return trial.Told{}, ctx.Err()
	})
	if err != nil || !strings.Contains(told.Broken, "ended in the middle of the search") || !strings.Contains(told.Broken, "no memory") {
		t.Errorf("%v, %+v", err, told)
	}
	told, err = s.during(t.Context(), trial.Ask{Number: 2}, func(context.Context, trial.Ask) (trial.Told, error) {
		return trial.Told{Requests: 1}, nil
	})
	if err != nil || told.Broken == "" {
		t.Errorf("%v, %+v", err, told)
	}
}

// TestATargetOfOthersIsLeftAlone.
func TestATargetOfOthersIsLeftAlone(t *testing.T) {
	s := &standing{}
	defer s.stop()
	told, err := s.during(t.Context(), trial.Ask{}, func(context.Context, trial.Ask) (trial.Told, error) { return trial.Told{Requests: 1}, nil })
	if err != nil || told.Requests != 1 {
		t.Errorf("%v, %+v", err, told)
	}
}
