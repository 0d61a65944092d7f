package stats

import (
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
	text    string  // such as "a thread woke 34 ms late"
	figures string  // that stand in brackets behind it; may be ""
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
	// together says that all agents are judged as one for this too, see verdict.together.
	together bool
	// explains says that what it finds is itself a reason why others find something.
	explains bool
	// vital says that it looks at the agent's process and machine, which matter in
	// windows in which something is measured.
	vital bool
	// in says in which windows there is something to judge: a run is as bad as the share
	// of these. nil is those in which something is measured.
	in func(r *Run, w *Window) bool
	of func(r *Run, w *Window, a *AgentWindow) finding
	// counts is what a run is judged on, where less than what marks a window is; nil is of.
	counts func(r *Run, w *Window, a *AgentWindow) finding
}

// judges says whether a window has something to judge.
func (c *windowCheck) judges(r *Run, w *Window) bool {
	if c.in != nil {
		return c.in(r, w)
	}
	return r.measures(w)
}

func (c *windowCheck) counted(r *Run, w *Window, a *AgentWindow) finding {
	if c.counts != nil {
		return c.counts(r, w, a)
	}
	return c.of(r, w, a)
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
		{name: "pacer lag", together: true, in: hasLag, of: lagOfWindow, counts: lagOfAgent},
		{name: "issued", in: hasArrivals, of: issuedOfWindow},
		{name: "arrival law", in: hasArrivals, of: lawOfWindow},
		{name: "clock", whole: true, of: clockOfWindow},
		{name: "ports", whole: true, explains: true, vital: true, of: portsOfWindow},
	}, vitalChecks()...)
}

// secondsOf is how many windows a time lies in at least.
func secondsOf(d time.Duration) int { return int((d + WindowLength - 1) / WindowLength) }

// JudgeWindow says of one agent in one window what JudgeValidity says of a run.
func JudgeWindow(r *Run, w *Window, a *AgentWindow) Validity {
	v := verdict{Validity: Validity{Verdict: Valid}}
	if a.Lost > 0 {
		v.add(Invalid, "%d requests could not be recorded", a.Lost)
	}
	for _, c := range windowChecks() {
		if c.vital && !c.judges(r, w) {
			continue
		}
		if f := c.of(r, w, a); f.grade > Fine {
			v.add(f.grade.Verdict(), "%s%s%s", f.text, brackets(f.figures), c.why(r, w, a.Name, f))
		}
	}
	return v.Validity
}

// why is what happened to the agent meanwhile, as String of it says, where the check does not
// itself explain.
func (c *windowCheck) why(r *Run, w *Window, agent string, f finding) string {
	var m meanwhile
	if !c.explains {
		m.look(r, w, int64(f.seconds), agent)
	}
	return m.String()
}

// A checkWatch is what a check found in a run so far, of each agent by itself.
type checkWatch struct {
	judged
	agents map[string]*findings
}

// checks follows all of them.
type checks struct {
	of []checkWatch // in the order of windowChecks
}

func (c *checks) watch(r *Run, w *Window) {
	all := windowChecks()
	if c.of == nil {
		c.of = make([]checkWatch, len(all))
	}
	if w.Excluded() || len(w.Agents) == 0 {
		return
	}
	for i, check := range all {
		if !check.whole && check.judges(r, w) {
			c.of[i].watch(r, w, check)
		}
	}
}

// measures says whether anything that is recorded went on in a window. What happens to
// the generator in a warm-up, a pause or afterwards spoils no figure.
func (r *Run) measures(w *Window) bool {
	if w.Paused > 0 || w.Merged == nil || r.Layout == nil {
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

// watch takes up what a check finds of each agent in a window that it can judge.
func (c *checkWatch) watch(r *Run, w *Window, check windowCheck) {
	lasted := 0
	for i := range w.Agents {
		f := check.counted(r, w, &w.Agents[i])
		if f.grade == Fine {
			continue
		}
		a := c.agent(w.Agents[i].Name)
		a.count(f, w)
		lasted = max(lasted, f.seconds)
		if !check.explains {
			a.meanwhile.look(r, w, int64(f.seconds), a.agent)
		}
	}
	c.see(w.Index, lasted)
}

// agent finds what was found of an agent, or begins it.
func (c *checkWatch) agent(name string) *findings {
	if c.agents == nil {
		c.agents = map[string]*findings{}
	}
	if c.agents[name] == nil {
		c.agents[name] = &findings{agent: name}
	}
	return c.agents[name]
}

// most are the findings of the agent that has most against it, nil where there are none: a
// run is as good as the worst of them, and none is worse for their number. Its seconds, the
// worst of them and what happened in them are one story, and no other agent's.
func (c *checkWatch) most(r *Run, seconds int) (most *findings) {
	for _, a := range c.agents {
		if most == nil || a.against(most, r, seconds) > 0 {
			most = a
		}
	}
	return most
}

// spoils says whether one of the agents does.
func (c *checkWatch) spoils(r *Run) bool {
	a := c.most(r, c.seconds)
	return a != nil && a.spoils(r, c.seconds)
}

func (l *Layout) recordsClosed() bool {
	return l != nil && slices.ContainsFunc(l.Phases, func(p PhaseKey) bool { return p.Recorded && p.Closed })
}

// checks tells what the checks of windows found. What was said of all agents together need
// not be said again of one of them.
func (v *verdict) checks(r *Run) {
	all := windowChecks()
	for i := range r.checks.of {
		c, check := &r.checks.of[i], &all[i]
		a := c.most(r, c.seconds)
		if a == nil {
			continue
		}
		switch grade := a.grade(r, check, c.seconds); {
		case check.together && grade <= v.together:
		case grade == Grave:
			v.add(Invalid, "%s", a.sentence(a.grave.seconds, c.seconds))
		case grade == Slight:
			v.add(Degraded, "%s", a.sentence(a.slight.seconds, c.seconds))
		}
	}
}

// late says whether the generator did not keep to its schedule, or stood still.
func (c *checks) late(r *Run) bool {
	for i, check := range windowChecks() {
		if i < len(c.of) && !check.explains && c.of[i].spoils(r) {
			return true
		}
	}
	return false
}
