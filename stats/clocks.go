package stats

import (
	"fmt"
	"time"
)

// Limits of clocks. Nothing is measured by a wall clock, so neither what it shows nor
// that it is slewed means anything. One that is set while a run goes on says that
// somebody else works on the machine, or that it was stopped and moved, and what other
// programs wrote down meanwhile cannot be laid beside the figures.
const (
	slightClockStep = 10 * time.Millisecond
	graveClockStep  = 100 * time.Millisecond
	// apartLimit is half a bin: hosts whose seconds lie further apart count the same
	// moment in different bins.
	apartLimit = BinLength / 2
)

func clockOfWindow(_ *Run, _ *Window, a *AgentWindow) finding {
	by := a.ClockStep.Abs()
	f := finding{size: float64(by), text: "its wall clock stepped by " + signed(a.ClockStep)}
	switch {
	case by > graveClockStep:
		f.grade = Grave
	case by > slightClockStep:
		f.grade = Slight
	}
	return f
}

// A clockWatch follows the clocks of a run.
type clockWatch struct {
	steps   int // that are worth a word
	worst   AgentWindow
	apart   time.Duration
	apartAt Offset
}

func (c *clockWatch) watch(r *Run, w *Window) {
	for i := range w.Agents {
		a := &w.Agents[i]
		if clockOfWindow(r, w, a).grade == Fine {
			continue
		}
		c.steps++
		if a.ClockStep.Abs() > c.worst.ClockStep.Abs() {
			c.worst = AgentWindow{Name: a.Name, ClockStep: a.ClockStep, ClockStepAt: a.ClockStepAt}
		}
	}
	if w.Apart > c.apart {
		c.apart, c.apartAt = w.Apart, w.Begin()
	}
}

// clocks judges steps by their size alone, once for the whole run: unlike lateness, which
// is over with its second, a step is between all that was measured before it and all
// after, so that no share of windows, however small, makes it harmless.
func (v *verdict) clocks(r *Run) {
	c := &r.clocks
	if c.steps > 0 {
		grade := clockOfWindow(r, nil, &c.worst).grade
		v.add(grade.Verdict(), "the wall clock of agent %s stepped by %s at %s%s",
			c.worst.Name, signed(c.worst.ClockStep), short(c.worst.ClockStepAt), ofSteps(c.steps))
	}
	if c.apart > apartLimit {
		v.add(Degraded, "the windows of hosts may be misaligned by %s (at %s; limit %s): their clocks drift apart, or are too far away to tell",
			short(c.apart), short(c.apartAt), short(apartLimit))
	}
}

func ofSteps(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (the largest of %d such steps)", n)
}

func signed(d time.Duration) string {
	if d > 0 {
		return "+" + short(d)
	}
	return "-" + short(-d)
}
