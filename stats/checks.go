package stats

import (
	"fmt"
	"slices"
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

	lasted time.Duration // how long nothing could be done; 0 = that is not what was found
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
	// vital says that it looks at the agent's process and machine, which matter in
	// windows in which something is measured.
	vital bool
	of    func(r *Run, w *Window, a *AgentWindow) finding
}

// slightShare is in which share of the windows a slight finding degrades a run. Vitals are
// an indication and no effect: as long as the twentieth of the seconds that a run may lack
// holds all that is wrong with it, nothing is.
func (c *windowCheck) slightShare() float64 {
	if c.vital {
		return partialShare
	}
	return lateShare
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
	agents     map[string]*tally
	longest    time.Duration // of grave findings that say how long they lasted
	worst      finding
	worstAt    Offset
	worstAgent string
	meanwhile  meanwhile // in all seconds in which it found something
}

// A tally is in how many seconds one agent was of a grade, or a worse one.
type tally struct{ slight, grave int }

// checks follows all of them.
type checks struct {
	windows, measured int          // that were looked at; and of those, in which something was measured
	of                []checkWatch // in the order of windowChecks
}

func (c *checks) watch(r *Run, w *Window) {
	all := windowChecks()
	if c.of == nil {
		c.of = make([]checkWatch, len(all))
	}
	if w.Excluded() || len(w.Agents) == 0 {
		return
	}
	measures := r.measures(w)
	c.windows++
	if measures {
		c.measured++
	}
	for i, check := range all {
		if !check.whole && (measures || !check.vital) {
			c.of[i].watch(r, w, check)
		}
	}
}

// measures says whether anything that is recorded went on in a window. What happens to
// the generator in a warm-up, a pause or afterwards spoils no figure.
func (r *Run) measures(w *Window) bool {
	if w.Paused > 0 || w.Merged == nil {
		return false
	}
	for i := range min(len(w.Merged.Phases), len(r.Layout.Phases)) {
		p := &w.Merged.Phases[i]
		if r.Layout.Phases[i].Recorded && p.IterIntended+p.VUs+p.InFlight+p.Queued+p.ConnHeld > 0 {
			return true
		}
	}
	return false
}

// watch takes up what a check finds of each agent.
func (c *checkWatch) watch(r *Run, w *Window, check windowCheck) {
	if c.agents == nil {
		c.agents = map[string]*tally{}
	}
	for i := range w.Agents {
		name := w.Agents[i].Name
		f := check.of(r, w, &w.Agents[i])
		if f.grade > c.worst.grade || f.grade == c.worst.grade && f.size > c.worst.size {
			c.worst, c.worstAt, c.worstAgent = f, w.Begin(), name
		}
		if f.grade == Fine {
			continue
		}
		if !check.explains {
			c.meanwhile.look(r, w, int64(f.seconds), name)
		}
		if c.agents[name] == nil {
			c.agents[name] = &tally{}
		}
		c.agents[name].count(f)
		if f.grade == Grave {
			c.longest = max(c.longest, f.lasted)
		}
	}
}

func (t *tally) count(f finding) {
	seconds := max(f.seconds, 1)
	t.slight += seconds
	if f.grade == Grave {
		t.grave += seconds
	}
}

// most is that of the agents with the most: a run is as good as the worst of them, and
// none is worse for their number.
func (c *checkWatch) most() (t tally) {
	for _, a := range c.agents {
		t.slight, t.grave = max(t.slight, a.slight), max(t.grave, a.grave)
	}
	return t
}

// shortStall is how long a generator may stand still once in the shortest run.
const shortStall = 250 * time.Millisecond

// spoils says whether a check makes a run of so many windows invalid. As with lag, a single
// second does not by itself: in a short run it is always more than one percent. But users of a
// closed load who stand still with the generator start nothing late, so that there a
// stall of more than a hundredth of the run does.
func (c *checkWatch) spoils(r *Run, windows int) bool {
	most := max(shortStall, time.Duration(lateShare*float64(windows)*float64(WindowLength)))
	return isShare(c.most().grave, windows) || r.Layout.recordsClosed() && c.longest > most
}

func (l *Layout) recordsClosed() bool {
	return l != nil && slices.ContainsFunc(l.Phases, func(p PhaseKey) bool { return p.Recorded && p.Closed })
}

// checks tells what the checks of windows found.
func (v *verdict) checks(r *Run) {
	all := windowChecks()
	for i := range r.checks.of {
		c, windows := &r.checks.of[i], r.checks.windows
		if all[i].vital {
			windows = r.checks.measured
		}
		switch t := c.most(); {
		case c.spoils(r, windows):
			v.add(Invalid, "%s", c.sentence(max(t.grave, 1), windows))
		case isShareOf(t.slight, windows, all[i].slightShare()) || t.grave > 0:
			v.add(Degraded, "%s", c.sentence(t.slight, windows))
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

// late says whether the generator did not keep to its schedule, or stood still.
func (c *checks) late(r *Run) bool {
	for i, check := range windowChecks() {
		if i < len(c.of) && !check.explains && c.of[i].spoils(r, c.windows) {
			return true
		}
	}
	return false
}
