package stats

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A query is a threshold's question to a run: which rows, phases or agents it
// looks at.
//
// Rows of warm-up phases and heartbeats are no result, so a threshold sees
// them only when it names them: a phase tag that names an unrecorded phase
// selects its rows, and a phase and a name tag together select a heartbeat.
// Connections are there whether or not requests are recorded, so their metrics
// look at all phases.
//
// Counts are of the whole run; times, rates, shares and gauges leave excluded
// windows out.
type query struct {
	run   *Run
	tags  Tags
	whole bool // excluded windows too
}

func (q query) from() *Snapshot {
	if q.whole {
		return &q.run.total
	}
	return &q.run.sound
}

func (q query) picksCell(c *CellKey) bool {
	layout := q.run.Layout
	if q.tags.Name != "" && q.tags.Name != c.Name {
		return false
	}
	if q.tags.Phase == "" {
		return c.Recorded
	}
	named := c.Phase < len(layout.Phases) && layout.Phases[c.Phase].Name == q.tags.Phase
	return named && (!c.Heartbeat || q.tags.Name != "")
}

func (q query) picksPhase(p *PhaseKey) bool {
	if q.tags.Phase != "" {
		return p.Name == q.tags.Phase
	}
	return p.Recorded
}

// eachCell calls f for every row that is asked for.
func (q query) eachCell(f func(*CellStats)) {
	if q.run.Layout == nil {
		return
	}
	cells := q.from().Cells
	for i := range min(len(cells), len(q.run.Layout.Cells)) {
		if q.picksCell(&q.run.Layout.Cells[i]) {
			f(&cells[i])
		}
	}
}

// cells adds a number up over the rows asked for.
func (q query) cells(count func(*CellStats) uint64) (n uint64) {
	q.eachCell(func(c *CellStats) { n += count(c) })
	return n
}

// cellTimes merges a histogram over the rows asked for.
func (q query) cellTimes(pick func(*CellStats) *Histogram) *Histogram {
	var h *Histogram
	q.eachCell(func(c *CellStats) { join(&h, pick(c)) })
	return h
}

// eachPhase calls f for every phase asked for; all says that unrecorded ones
// count too.
func (q query) eachPhase(all bool, f func(*PhaseStats)) {
	picked := q.run.phases(func(p *PhaseKey) bool { return q.picksPhase(p) || all && q.tags.Phase == "" })
	of := q.from().Phases
	for _, i := range picked {
		if i < len(of) {
			f(&of[i])
		}
	}
}

func (q query) phaseTimes(pick func(*PhaseStats) *Histogram) *Histogram {
	var h *Histogram
	q.eachPhase(false, func(p *PhaseStats) { join(&h, pick(p)) })
	return h
}

func (q query) phaseCount(all bool, count func(*PhaseStats) uint64) (n uint64) {
	q.eachPhase(all, func(p *PhaseStats) { n += count(p) })
	return n
}

// eachAgent calls f for every window of the agent that is asked for.
func (q query) eachAgent(f func(*AgentWindow)) {
	for i := range q.run.Windows {
		if !q.whole && q.run.Windows[i].Excluded() {
			continue
		}
		agents := q.run.Windows[i].Agents
		for j := range agents {
			if agents[j].Name == q.tags.Agent {
				f(&agents[j])
			}
		}
	}
}

func (q query) agentCount(count func(*AgentWindow) uint64) (n uint64) {
	q.eachAgent(func(w *AgentWindow) { n += count(w) })
	return n
}

// agentResponse is the SLO view of one agent.
func (q query) agentResponse() (d Dist) {
	q.eachAgent(func(w *AgentWindow) { d.Merge(Dist{OK: w.Response, Infinite: w.RecordedFailed}) })
	return d
}

// response is the SLO view of the rows asked for.
func (q query) response() (d Dist) {
	if q.tags.Agent != "" {
		return q.agentResponse()
	}
	q.eachCell(func(c *CellStats) { d.Merge(c.Dist()) })
	return d
}

// requests counts requests, of one status if one is asked for.
func (q query) requests() uint64 {
	switch {
	case q.tags.Agent != "":
		return q.agentCount(func(w *AgentWindow) uint64 { return w.RecordedRequests })
	case q.tags.Status != "":
		return q.cells(func(c *CellStats) uint64 { return c.withStatus(q.tags.Status) })
	}
	return q.cells((*CellStats).Requests)
}

// withStatus counts whole answers of a status such as "503", or of a hundred
// such as "5xx".
func (c *CellStats) withStatus(pattern string) (n uint64) {
	from, to := statusRange(pattern)
	for _, s := range c.Statuses {
		if from <= s.Status && s.Status <= to {
			n += s.Count
		}
	}
	return n
}

// statusRange reads "503" as 503 to 503, "5xx" as 500 to 599, and anything else
// as an empty range.
func statusRange(pattern string) (from, to int) {
	digits, hundred := strings.CutSuffix(strings.ToLower(pattern), "xx")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return 0, -1
	case hundred && n >= 1 && n <= 9:
		return n * 100, n*100 + 99
	case !hundred && n >= 100 && n <= 999:
		return n, n
	}
	return 0, -1
}

// bad and ended are the two numbers of the failed rate.
func (q query) bad() (bad, ended uint64) {
	if q.tags.Agent != "" {
		return q.agentCount(func(w *AgentWindow) uint64 { return w.RecordedFailed }),
			q.agentCount(func(w *AgentWindow) uint64 { return w.RecordedEnded })
	}
	return q.cells((*CellStats).Bad), q.cells((*CellStats).Ended)
}

// loadPhases are the phases whose issuing counts as time for the rates of rows:
// those with a row that is asked for, so that merely holding connections does
// not thin a rate out.
func (q query) loadPhases() []int {
	asked := map[string]bool{}
	for i := range q.run.cellKeys() {
		if c := &q.run.Layout.Cells[i]; q.picksCell(c) && c.Phase < len(q.run.Layout.Phases) {
			asked[q.run.Layout.Phases[c.Phase].Name] = true
		}
	}
	return q.run.phases(func(p *PhaseKey) bool { return asked[p.Name] })
}

func (r *Run) cellKeys() []CellKey {
	if r.Layout == nil {
		return nil
	}
	return r.Layout.Cells
}

// seconds is the time over which rates of rows are taken.
func (q query) seconds() time.Duration { return q.run.Issuing(q.loadPhases()...) }

// phaseSeconds is the time over which rates of phases are taken.
func (q query) phaseSeconds() time.Duration { return q.run.Issuing(q.run.phases(q.picksPhase)...) }

// open follows connections open at the ends of the windows in which a phase asked
// for is under way.
func (q query) open() (g gauge) {
	phases := q.run.phases(func(p *PhaseKey) bool { return q.tags.Phase == "" || p.Name == q.tags.Phase })
	for i := range q.run.Windows {
		w, sum, in := &q.run.Windows[i], uint64(0), false
		if w.Excluded() {
			continue
		}
		for _, p := range phases {
			if q.run.underWay(p, w) && p < len(w.Merged.Phases) {
				sum, in = sum+w.Merged.Phases[p].ConnOpen, true
			}
		}
		if in {
			g.see(float64(sum))
		}
	}
	return g
}

// underWay says whether a window lies wholly within a phase; for a hold phase,
// within its hold.
func (r *Run) underWay(phase int, w *Window) bool {
	if r.Layout.Phases[phase].Holds > 0 {
		return r.holdsDuring(phase, w)
	}
	if phase >= len(r.Spans) || r.Spans[phase].Begin == Never {
		return false
	}
	s := r.Spans[phase]
	return w.Begin() >= s.Begin && (s.End == Never || w.End()+gaugeSlack <= s.End)
}

// agentGauge follows a gauge of one agent in the windows a predicate picks.
func (q query) agentGauge(pick func(*Window) bool, of func(*AgentWindow) uint64) (g gauge) {
	for i := range q.run.Windows {
		w := &q.run.Windows[i]
		if w.Excluded() || !pick(w) {
			continue
		}
		for j := range w.Agents {
			if w.Agents[j].Name == q.tags.Agent {
				g.see(float64(of(&w.Agents[j])))
			}
		}
	}
	return g
}

// holding says whether any hold phase has all its connections during a window.
func (q query) holding(w *Window) bool {
	for _, p := range q.run.phases(func(p *PhaseKey) bool { return p.Holds > 0 }) {
		if q.run.holdsDuring(p, w) {
			return true
		}
	}
	return false
}

// ratio is part of whole, and NaN of nothing.
func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}
