package stats

import (
	"strings"
	"testing"
	"time"
)

// clocked is a run of five minutes in which the clocks of agents were set, and hosts lay
// apart in its eighth second.
func clocked(apart time.Duration, steps ...time.Duration) *Run {
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: &Layout{}}})
	for i := range int64(300) {
		w := &Window{Index: i, Merged: &Snapshot{Window: i}}
		for j, by := range steps {
			a := AgentWindow{Name: "local-" + string(rune('1'+j)), ClockAhead: 500 * time.Millisecond}
			if i == 3 {
				a.ClockStep, a.ClockStepAt = by, 3040*time.Millisecond
			}
			w.Agents = append(w.Agents, a)
		}
		if i == 7 {
			w.Apart = apart
		}
		r.Apply(Update{Window: w})
	}
	return r
}

// TestAClockThatWasSet: one step in one window of three hundred is enough, and how far
// the clock is off does not matter.
func TestAClockThatWasSet(t *testing.T) {
	ms := time.Millisecond
	for name, c := range map[string]struct {
		run             *Run
		verdict, reason string
	}{
		"ahead all along": {clocked(0, 0), Valid, ""},
		"slewed":          {clocked(0, 9*ms), Valid, ""},
		"a little":        {clocked(0, -50*ms), Degraded, "the wall clock of agent local-1 stepped by -50ms at 3.04s"},
		"far":             {clocked(0, 500*ms), Invalid, "the wall clock of agent local-1 stepped by +500ms at 3.04s"},
		"of two": {clocked(0, 20*ms, -600*ms), Invalid,
			"the wall clock of agent local-2 stepped by -600ms at 3.04s (the largest of 2 such steps)"},
		"of three": {clocked(0, 200*ms, 20*ms, 30*ms), Invalid,
			"the wall clock of agent local-1 stepped by +200ms at 3.04s (the largest of 3 such steps)"},
		"hosts nearby": {clocked(50 * ms), Valid, ""},
		"hosts apart": {clocked(80 * ms), Degraded,
			"the windows of hosts may be misaligned by 80ms (at 7s; limit 50ms): their clocks drift apart, or are too far away to tell"},
	} {
		v := c.run.Validity
		if got := strings.Join(v.Reasons, "; "); v.Verdict != c.verdict || got != c.reason {
			t.Errorf("%s: %s, %q", name, v.Verdict, got)
		}
	}
}

func TestAWindowInWhichAClockWasSet(t *testing.T) {
	for by, want := range map[time.Duration]string{0: Valid, 10 * time.Millisecond: Valid, -11 * time.Millisecond: Degraded, 101 * time.Millisecond: Invalid} {
		v := JudgeWindow(&Run{}, &Window{}, &AgentWindow{ClockStep: by})
		if v.Verdict != want || want == Invalid && v.Reasons[0] != "its wall clock stepped by +101ms" {
			t.Errorf("by %s: %+v", by, v)
		}
	}
}
