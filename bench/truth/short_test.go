//go:build e2e

package main

import (
	"context"
	"os"
	"strings"
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
	bars, notes, err := shortly(t).requests(context.Background(), 10*time.Second, mostTries)
	hold(t, bars, notes, err)
}

// TestAQueueIsMeasuredAsItWas: twenty seconds of M/M/8 know little of the formula. The
// run's own true times they must tell.
func TestAQueueIsMeasuredAsItWas(t *testing.T) {
	c := mm8
	c.run.Length, c.bars = 20*time.Second, nil
	f, err := shortly(t).queue(context.Background(), c, mostTries)
	hold(t, f.bars, f.notes, err)
}

// mostTries of a trial that was disturbed and missed something.
const mostTries = 5

// hold wants all bars kept. What was missed in the quietest of trials that were all disturbed
// proves nothing: the notes tell how much others took.
func hold(t *testing.T, bars []bar, notes []string, err error) {
	t.Helper()
	one := table{Name: t.Name(), Bars: bars, Notes: notes}
	t.Log(one.text())
	if err != nil {
		t.Fatal(err)
	}
	var excused []string
	for _, b := range bars {
		switch {
		case b.excused:
			excused = append(excused, b.Name)
		case !b.Kept:
			t.Errorf("missed: %s", b.Name)
		}
	}
	if len(excused) > 0 {
		t.Skipf("nothing is known: all of %d tries were disturbed and missed something: %s\n%s",
			mostTries, strings.Join(excused, ", "), strings.Join(notes, "\n"))
	}
}
