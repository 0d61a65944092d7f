package stats

import "fmt"

// MostBusy is the share of a second that a loop may be busy. One that is busier reads answers
// late: where they come by chance, 19 requests are with a single server that is busy for 95 %.
const MostBusy = 0.95

// busyLoop looks at closed users: what their generator is late by is counted as the target's
// time, as they ask again when it has read an answer and are behind of nothing. An open
// load shows the same by its lag, and with more to tell.
//
// What was made and answered stays a fact, and so does that users waited: it spoils no run.
func busyLoop(_ *Run, _ *Window, a *AgentWindow) finding {
	busy := a.Vitals.LoopBusy
	f := finding{size: busy.Value, text: fmt.Sprintf("one of its loops was busy for %s of a second: service times of closed users include waiting for the generator, "+
		"and the target may be faster than it; use more agents, loops or machines", percent(busy.Value))}
	if busy.Over(MostBusy) {
		f.grade = Slight
	}
	return f
}

// closedAlone says whether closed users alone made what was recorded in a window, held
// connections and their heartbeats apart.
func closedAlone(r *Run, w *Window) bool {
	if !r.measures(w) {
		return false
	}
	closed := false
	for i := range min(len(w.Merged.Phases), len(r.Layout.Phases)) {
		p, of := &w.Merged.Phases[i], &r.Layout.Phases[i]
		if of.Recorded && of.Holds == 0 && p.IterIntended+p.VUs+p.InFlight+p.Queued > 0 {
			if !of.Closed {
				return false
			}
			closed = true
		}
	}
	return closed
}

// saturated says whether a loop was so busy in so much of a closed run that this is one of
// its reasons. Who else limited it cannot be told then.
func (r *Run) saturated() bool {
	if !r.Layout.ClosedOnly() {
		return false
	}
	for i, check := range windowChecks() {
		if check.name == "busy" && i < len(r.checks.of) {
			c := &r.checks.of[i]
			a := c.most(r, c.seconds)
			return a != nil && a.grade(r, &check, c.seconds) > Fine
		}
	}
	return false
}
