package stats

import (
	"fmt"
	"time"
)

// A Grade is what a check of validity found of one agent in one window.
type Grade uint8

// The grades, best first. Slight degrades a run, Grave in more than lateShare of its
// windows spoils it.
const (
	Fine Grade = iota
	Slight
	Grave
)

// Verdict is the verdict of a window of that grade.
func (g Grade) Verdict() string { return [...]string{Valid, Degraded, Invalid}[g] }

// A finding is what a check says of one agent in one window.
type finding struct {
	grade   Grade
	size    float64 // how bad; larger is worse, comparable within one check
	text    string  // with figures, such as "a thread woke 34 ms late"
	seconds int     // how long it lasted, where that is longer than a window; 0 is 1
}

// A windowCheck looks at what one agent reports of one window. It is asked about
// windows that are not excluded only.
type windowCheck struct {
	name string
	// whole says that something else judges this over the whole run, so that the
	// check only marks windows.
	whole bool
	// explains says that what it finds is itself a reason why others find something.
	explains bool
	of       func(r *Run, w *Window, a *AgentWindow) finding
}

// windowChecks lists every check of windows, in the order in which reasons are told.
func windowChecks() []windowCheck {
	return append([]windowCheck{
		{name: "pacer lag", whole: true, of: lagOfWindow},
		{name: "issued", of: issuedOfWindow},
		{name: "arrival law", of: lawOfWindow},
		{name: "clock", whole: true, of: clockOfWindow},
	}, vitalChecks()...)
}

func lagOfWindow(r *Run, _ *Window, a *AgentWindow) finding {
	p99, limit := a.PacerLag.Percentile(99), r.Info.LagLimit()
	f := finding{size: float64(p99), seconds: secondsOf(p99), text: fmt.Sprintf("1 in 100 requests started more than %s after its time", short(p99))}
	switch {
	case p99 > lagFactor*limit:
		f.grade = Grave
	case p99 > limit:
		f.grade = Slight
	}
	return f
}

// secondsOf is how many windows a time lies in at least.
func secondsOf(d time.Duration) int { return int((d + WindowLength - 1) / WindowLength) }

// JudgeWindow says of one agent in one window what JudgeValidity says of a run.
func JudgeWindow(r *Run, w *Window, a *AgentWindow) Validity {
	v := verdict{Validity: Validity{Verdict: Valid}}
	var why meanwhile
	back := -1 // how many windows an explanation is sought in before this one; -1 = in none
	if a.Lost > 0 {
		v.add(Invalid, "%d requests could not be recorded", a.Lost)
	}
	for _, c := range windowChecks() {
		if f := c.of(r, w, a); f.grade > Fine {
			v.add(f.grade.Verdict(), "%s", f.text)
			if !c.explains {
				back = max(back, f.seconds)
			}
		}
	}
	if back >= 0 {
		why.look(r, w, int64(back), a.Name)
		v.Reasons[0] += why.String()
	}
	return v.Validity
}

// A checkWatch is what a check found in a run so far.
type checkWatch struct {
	slight, grave int // seconds in which the worst agent was of that grade
	worst         finding
	worstAt       Offset
	worstAgent    string
	meanwhile     meanwhile // in all of those seconds
}

// checks follows all of them.
type checks struct {
	windows int
	of      []checkWatch // in the order of windowChecks
}

func (c *checks) watch(r *Run, w *Window) {
	all := windowChecks()
	if c.of == nil {
		c.of = make([]checkWatch, len(all))
	}
	if w.Excluded() || len(w.Agents) == 0 {
		return
	}
	c.windows++
	for i, check := range all {
		if !check.whole {
			c.of[i].watch(r, w, check)
		}
	}
}

// watch counts a window once, by its worst agent.
func (c *checkWatch) watch(r *Run, w *Window, check windowCheck) {
	var worst finding
	var agent string
	for i := range w.Agents {
		f := check.of(r, w, &w.Agents[i])
		if f.grade > worst.grade {
			worst, agent = f, w.Agents[i].Name
		}
		if f.grade > c.worst.grade || f.grade == c.worst.grade && f.size > c.worst.size {
			c.worst, c.worstAt, c.worstAgent = f, w.Begin(), w.Agents[i].Name
		}
	}
	if worst.grade > Fine && !check.explains {
		c.meanwhile.look(r, w, int64(worst.seconds), agent)
	}
	switch seconds := max(worst.seconds, 1); worst.grade {
	case Grave:
		c.grave += seconds
		c.slight += seconds
	case Slight:
		c.slight += seconds
	case Fine:
	}
}

// checks tells what the checks of windows found. As with lag, a single second does
// not spoil a run by itself: in a short one it is always more than one percent.
func (v *verdict) checks(r *Run) {
	for i := range r.checks.of {
		c := &r.checks.of[i]
		switch {
		case isShare(c.grave, r.checks.windows):
			v.add(Invalid, "%s", c.sentence(c.grave, r.checks.windows))
		case isShare(c.slight, r.checks.windows) || c.grave > 0:
			v.add(Degraded, "%s", c.sentence(c.slight, r.checks.windows))
		}
	}
}

func (c *checkWatch) sentence(seconds, windows int) string {
	at := fmt.Sprintf("at %s", short(c.worstAt))
	if seconds > 1 {
		at = fmt.Sprintf("in %d of %d seconds, worst at %s", seconds, max(windows, seconds), short(c.worstAt))
	}
	return fmt.Sprintf("agent %s: %s (%s)%s", c.worstAgent, c.worst.text, at, c.meanwhile.String())
}
