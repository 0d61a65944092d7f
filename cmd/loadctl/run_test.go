package main

import (
	"errors"
	"testing"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/stats"
)

// TestTheResultOfARunThatNeverBeganWasDropped: an interrupt was told as exit 1.
func TestTheResultOfARunThatNeverBeganWasDropped(t *testing.T) {
	lost := errors.New("host local cannot run its agents")
	for _, c := range []struct {
		result stats.Result
		err    error
		want   int
	}{
		{stats.Result{ExitCode: 130}, nil, exitInterrupted},
		{stats.Result{ExitCode: 130}, lost, exitInterrupted},
		{stats.Result{ExitCode: 1}, lost, exitFailed},
		{stats.Result{ExitCode: 2}, &coordinator.UsageError{Err: lost}, exitUsage},
		{stats.Result{}, nil, exitFailed},
	} {
		if got := exitCode(neverBegan(c.result, c.err)); got != c.want {
			t.Errorf("%+v, %v exits %d, want %d", c.result, c.err, got, c.want)
		}
	}
}
