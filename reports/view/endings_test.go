package view

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// dropped is a run of one second in which the target closed connections.
func dropped() *stats.Run {
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "p", Recorded: true}}}
	r := stats.NewRecorder(l, nil)
	for range 9 {
		r.Opened(0)
	}
	for i, n := range [stats.Endings]int{stats.EndedAge: 1, stats.EndedAnnounced: 2, stats.EndedIdle: 3, stats.EndedBusy: 1} {
		for range n {
			r.Ended(0, stats.Ending(i))
		}
	}
	for range 3 {
		r.DroppedIdle(0, 5*time.Second, time.Minute)
	}
	r.SetTimeWait(0, 4_000)
	run := &stats.Run{}
	run.Apply(stats.Update{Started: &stats.Started{Layout: l}})
	run.Apply(stats.Update{Window: &stats.Window{Merged: r.Cut(0)}})
	return run
}

// TestDropsAreTold: what ended connections is in the summary, for people and programs.
func TestDropsAreTold(t *testing.T) {
	v := New(dropped())
	if got, want := v.Drops(), "3 while idle (for 5 s at p50, 5 s at most: its keep-alive time-out, if they agree), 1 before they were answered, 2 after an answer that said so"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := v.Closes(), "1 by max_age, at most 4\u2009000 ports in TIME_WAIT"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s := v.Summary()
	if s.Connections.Ended["idle"] != 3 || s.Connections.Ended["done"] != 0 || s.Connections.TimeWaitPeak != 4_000 || s.DropIdleMS.Count != 3 || *s.DropAgeMS.P50 < 59_000 {
		t.Errorf("%+v, %+v", s.Connections, s.DropAgeMS)
	}
	if none := New(&stats.Run{Layout: &stats.Layout{}}); none.Drops() != "" || none.Closes() != "" {
		t.Errorf("%q, %q of a run without", none.Drops(), none.Closes())
	}
}
