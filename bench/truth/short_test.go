//go:build e2e

package main

import (
	"context"
	"os"
	"testing"
	"time"
)

// shortly is a bench for runs of seconds; make e2e has built its loadctl.
func shortly(t *testing.T) *bench {
	t.Helper()
	if testing.Short() {
		t.Skip("half a minute of load")
	}
	b, err := newBench(options{share: 1, binary: "../../bin/loadctl", results: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(b.dir) })
	return b
}

// TestEachRequestTellsTheTruth: ten seconds of the study of the same name, by either
// pacing.
func TestEachRequestTellsTheTruth(t *testing.T) {
	bars, notes, err := shortly(t).requests(context.Background(), 10*time.Second)
	hold(t, bars, notes, err)
}

// TestAQueueIsMeasuredAsItWas: twenty seconds of M/M/8 know little of the formula. The
// run's own true times they must tell.
func TestAQueueIsMeasuredAsItWas(t *testing.T) {
	c := mm8
	c.run.Length, c.bars = 20*time.Second, nil
	f, err := shortly(t).queue(context.Background(), c, 5)
	hold(t, f.bars, f.notes, err)
}

func hold(t *testing.T, bars []bar, notes []string, err error) {
	t.Helper()
	one := table{Name: t.Name(), Bars: bars, Notes: notes}
	t.Log(one.text())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bars {
		switch {
		case b.excused:
			t.Logf("missed, and all tries were disturbed: %s", b.Name)
		case !b.Kept:
			t.Errorf("missed: %s", b.Name)
		}
	}
}
