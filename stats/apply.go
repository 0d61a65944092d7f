package stats

import (
	"cmp"
	"slices"
	"time"
)

// WindowLength is how long a window is.
const WindowLength = time.Second

// Apply grows the run by one update. It is the only way a run grows, live as well
// as read back from its files. Updates are not changed, and may be shared with
// other runs as long as nobody changes them.
func (r *Run) Apply(u Update) {
	if r.Layout == nil {
		r.Layout = &Layout{}
	}
	switch {
	case u.Started != nil:
		r.start(u.Started)
	case u.Window != nil:
		r.window(u.Window)
	case u.Span != nil:
		r.span(u.Span)
	case u.Event != nil:
		r.Events = append(r.Events, *u.Event)
	case u.Lost != nil:
		r.lose(u.Lost)
	case u.Late != nil:
		r.lateWindow(u.Late)
	case u.Settled != nil:
		r.settlement(u.Settled)
	case u.State != nil:
		r.State = u.State.Name
	case u.Counted != nil:
		r.Counted = u.Counted
	case u.Ended != nil:
		r.end(u.Ended)
	case u.Verdicts != nil:
		r.Verdicts = u.Verdicts
		return
	case u.Monitor != nil:
		r.monitored(u.Monitor)
		return
	}
	r.balance()
	r.Validity = JudgeValidity(r)
}

func (r *Run) start(s *Started) {
	*r = Run{Info: s.Info, Layout: s.Layout, Agents: slices.Clone(s.Agents), Events: r.Events}
	if r.Layout == nil {
		r.Layout = &Layout{}
	}
	for i := range r.Layout.Phases {
		r.Spans = append(r.Spans, NoSpan(i))
	}
	for i := range r.Agents {
		if r.Agents[i].Lost == "" {
			r.Agents[i].LostAt = Never
		}
	}
}

// NoSpan is the span of a phase that has not begun.
func NoSpan(phase int) Span {
	return Span{Phase: phase, Begin: Never, Connected: Never, End: Never, Finish: Never}
}

// window takes a window that is later than all before it; one that was closed
// already is not counted twice.
func (r *Run) window(w *Window) {
	if n := len(r.Windows); w.Merged == nil || n > 0 && w.Index <= r.Windows[n-1].Index {
		return
	}
	kept, apart := parted(w)
	r.Windows = append(r.Windows, kept)
	r.total.Append(w.Merged)
	r.total.Window = w.Index
	r.settle(apart)
	for i := range w.Agents {
		r.agent(w.Agents[i].Name, w.Agents[i].Host).count(&w.Agents[i])
	}
	r.lag.watch(r, w)
	r.checks.watch(r, w)
	r.law.watch(r, w)
	r.clocks.watch(r, w)
	r.ports.watch(r, w)
}

// agent finds an agent's totals, or begins them.
func (r *Run) agent(name, host string) *AgentTotal {
	for i := range r.Agents {
		if r.Agents[i].Name == name {
			return &r.Agents[i]
		}
	}
	r.Agents = append(r.Agents, AgentTotal{Name: name, Host: host, LostAt: Never})
	return &r.Agents[len(r.Agents)-1]
}

func (a *AgentTotal) count(w *AgentWindow) {
	a.CPU += w.CPU
	a.MaxRSS = max(a.MaxRSS, w.RSS)
	a.Requests += w.Requests
	a.PeakConnections = max(a.PeakConnections, w.Connections)
	a.Host = cmp.Or(a.Host, w.Host)
}

func (r *Run) span(s *Span) {
	for len(r.Spans) <= s.Phase && r.Layout != nil && s.Phase < len(r.Layout.Phases) {
		r.Spans = append(r.Spans, NoSpan(len(r.Spans)))
	}
	if s.Phase >= 0 && s.Phase < len(r.Spans) {
		r.Spans[s.Phase] = *s
	}
}

// lose adds the counts that no window of a lost agent holds.
func (r *Run) lose(l *AgentLoss) {
	r.addLost(&Snapshot{Cells: l.Missing, Phases: l.Phases})
	a := r.agent(l.Agent, "")
	a.Lost, a.LostAt = l.Why, l.At
	if a.Lost == "" {
		a.Lost = "lost"
	}
}

// end takes the agents' own totals, which know more than the windows, but keeps
// what they cannot know: that they were lost.
func (r *Run) end(e *Ended) {
	result := e.Result
	r.Result, r.Hosts, r.Self = &result, e.Hosts, e.Self
	for _, a := range e.Agents {
		mine := r.agent(a.Name, a.Host)
		if a.Lost == "" {
			a.Lost, a.LostAt, a.Whole = mine.Lost, mine.LostAt, mine.Whole
		}
		a.Requests = max(a.Requests, mine.Requests)
		a.PeakConnections = max(a.PeakConnections, mine.PeakConnections)
		*mine = a
	}
}

// Between merges the windows with from <= Index < to.
func (r *Run) Between(from, to int64) *Snapshot {
	var s Snapshot
	first, _ := slices.BinarySearchFunc(r.Windows, from, func(w Window, i int64) int { return cmp.Compare(w.Index, i) })
	for _, w := range r.Windows[first:] {
		if w.Index >= to {
			break
		}
		s.Append(w.Merged)
	}
	return &s
}

// Now is the end of the last closed window, 0 before the first.
func (r *Run) Now() Offset {
	if len(r.Windows) == 0 {
		return 0
	}
	return r.Windows[len(r.Windows)-1].End()
}

// Begin is when the window begins.
func (w *Window) Begin() Offset { return Offset(w.Index) * WindowLength }

// End is when the window ends.
func (w *Window) End() Offset { return Offset(w.Index+1) * WindowLength }

// Health sums a snapshot of one agent up; who it is and what it used is for the
// caller to add. Histograms may be shared with s.
func (s *Snapshot) Health(l *Layout) AgentWindow {
	w := AgentWindow{PortsKept: s.PortsKept}
	for i := range min(len(s.Cells), len(l.Cells)) {
		w.addCell(&s.Cells[i], l.Cells[i].Recorded)
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		w.Connections += p.ConnOpen
		w.Held += p.ConnHeld
		if i < len(l.Phases) && l.judgesLag(i) {
			join(&w.PacerLag, p.PacerLag)
		}
	}
	return w
}

func (w *AgentWindow) addCell(c *CellStats, recorded bool) {
	w.Intended += c.Intended
	w.Requests += c.Requests()
	w.Failed += c.Bad()
	if !recorded {
		return
	}
	w.RecordedRequests += c.Requests()
	w.RecordedEnded += c.Ended()
	w.RecordedFailed += c.Bad()
	join(&w.Response, c.Response)
}
