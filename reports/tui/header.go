package tui

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// drawHeader is what must be known at a glance: what runs, how far it is, whether
// the measurement may be believed, and the load asked for and achieved.
func (m *model) drawHeader(a area, wide bool) {
	m.drawTitle(a)
	m.drawProgress(a, wide)
	if a.h == 3 {
		a.row(1, 2, 3, append(m.loadChunks(), m.trafficChunks()...))
		return
	}
	a.row(1, 2, 2, m.loadChunks())
	a.row(1, 3, 2, m.trafficChunks())
}

// drawTitle is the first line. Validity stands at its right end and never goes.
func (m *model) drawTitle(a area) {
	mark, st := validityWord(m.run.Validity.Verdict)
	says := mark
	if reasons := m.run.Validity.Reasons; len(reasons) > 0 && a.w >= wideWidth {
		says = cut(mark+": "+reasons[0], a.w/2)
	}
	end := a.right(a.w-1, 0, st, says)
	state, color := m.stateWord()
	phase := m.pic.Phase
	if n := len(m.pic.Phases); n > 1 && m.pic.PhaseNumber > 0 {
		phase = fmt.Sprintf("%s %d/%d", phase, m.pic.PhaseNumber, n)
	}
	if m.over() {
		phase = fmt.Sprintf("exit %d", m.run.Result.ExitCode)
	}
	chunks := []chunk{
		{texts: []text{{bold, "loadctl"}}},
		{texts: []text{{plain, path.Base(m.fileName())}}, drop: 1},
		{texts: []text{{faint, "▸ run "}, {plain, m.pic.RunID}}, drop: 3},
		{texts: []text{{faint, "▸ "}, {color, state}, {plain, " " + phase}}},
	}
	if s := m.silence(); s > 0 {
		chunks = append(chunks, chunk{texts: []text{{warnBold, fmt.Sprintf("! no data for %d s", s)}}})
	}
	if m.frozen {
		chunks = append(chunks, chunk{texts: []text{{badge, "FROZEN"}}})
	}
	line := a.sub(0, 0, max(end-1, 0), 1)
	line.row(1, 0, 1, chunks)
}

func (m *model) fileName() string {
	if m.pic.File != "" {
		return m.pic.File
	}
	return m.pic.Scenario
}

// title is the window's title.
func (m *model) title() string {
	state, _ := m.stateWord()
	return strings.TrimSpace("loadctl " + path.Base(m.fileName()) + " " + state)
}

// stateWord is what the run does now, a mark and a word.
func (m *model) stateWord() (string, style) {
	switch {
	case m.over() && m.run.Result.Verdict == "pass":
		return "✓ PASS", goodBold
	case m.over():
		return "✗ " + strings.ToUpper(m.run.Result.Verdict), badBold
	case m.stopping == stopAtOnce:
		return "■ STOPPING NOW", warnBold
	case m.stopping == stopGently && m.doing() != "draining":
		return "■ STOPPING", warnBold
	case m.doing() == "starting":
		return "○ STARTING", badge
	case m.doing() == "paused":
		return "‖ PAUSED", warnBold
	case m.doing() == "draining":
		return "■ DRAINING", warnBold
	case m.doing() == "done":
		return "■ DONE", badge
	}
	return "● " + strings.ToUpper(m.doing()), goodBold
}

// validityWord is a mark and a word for a validity verdict.
func validityWord(verdict string) (string, style) {
	switch verdict {
	case "valid":
		return "✓ VALID", goodBold
	case "degraded":
		return "! DEGRADED", warnBold
	case "invalid":
		return "✗ INVALID", badBold
	}
	return "… NOT YET JUDGED", faint
}

// drawProgress is the second line: time, the bar with a mark at each phase, and
// how agents and thresholds stand.
func (m *model) drawProgress(a area, wide bool) {
	right := m.standing()
	if wide {
		right = append([]chunk{m.phaseNames(a.w / 3)}, right...)
	}
	right = fitted(right, a.w/2, 2)
	used := total(right, 2)
	x := a.text(1, 1, bold, view.Clock(m.pic.Elapsed)) + 1
	end := a.w - used - 2
	if m.pic.Planned > 0 {
		planned := view.Clock(m.pic.Planned)
		end -= width(planned) + 2
		m.bar(a.sub(x, 1, end-x, 1))
		end = a.text(end+1, 1, plain, planned) + 1
	}
	a.sub(0, 0, a.w-1, 2).row(max(end+1, a.w-1-used), 1, 2, right)
}

// bar shows how much of the plan is over.
func (m *model) bar(a area) {
	if a.w < 4 {
		return
	}
	a.set(0, 0, '▐', faint)
	a.set(a.w-1, 0, '▌', faint)
	in := a.sub(1, 0, a.w-2, 1)
	done := min(int(float64(in.w)*float64(m.pic.Elapsed)/float64(m.pic.Planned)), in.w)
	in.fill(0, 0, done, '█', first)
	in.fill(done, 0, in.w-done, '░', faint)
	for _, ph := range m.pic.Phases {
		if ph.Begin == stats.Never || ph.Begin <= 0 || ph.Begin >= m.pic.Planned {
			continue
		}
		in.set(int(float64(in.w)*float64(ph.Begin)/float64(m.pic.Planned)), 0, '│', plain)
	}
}

// phaseNames lists the phases around the one that runs.
func (m *model) phaseNames(most int) chunk {
	var c chunk
	from := max(m.pic.PhaseNumber-2, 0)
	for i, ph := range m.pic.Phases[min(from, len(m.pic.Phases)):] {
		st := faint
		if ph.Running {
			st = bold
		}
		name := ph.Name
		if i > 0 {
			c.texts = append(c.texts, text{faint, " │ "})
		}
		if c.width()+width(name) > most {
			c.texts = append(c.texts, text{faint, "…"})
			return c
		}
		c.texts = append(c.texts, text{st, name})
	}
	c.drop = 1
	return c
}

// standing says how many agents are there and how many thresholds hold.
func (m *model) standing() []chunk {
	agents := chunk{texts: []text{{faint, "agents "}, {plain, fmt.Sprintf("%d/%d", m.pic.AgentsOK, len(m.pic.Agents))}}}
	if m.pic.AgentsOK < len(m.pic.Agents) {
		agents.texts[1] = text{warnBold, agents.texts[1].s + "!"}
	}
	if len(m.pic.Thresholds) == 0 {
		return []chunk{agents}
	}
	limits := chunk{texts: []text{{faint, "thresholds"}}}
	held, broken, waiting := m.limits()
	for _, part := range []struct {
		n     int
		mark  string
		style style
	}{{held, "✓", good}, {broken, "✗", badBold}, {waiting, "?", warn}} {
		if part.n > 0 {
			limits.texts = append(limits.texts, text{part.style, fmt.Sprintf(" %d%s", part.n, part.mark)})
		}
	}
	return []chunk{agents, limits}
}

// limits counts the thresholds that hold, those that do not, and, while the run
// goes on, those that nothing was seen of yet.
func (m *model) limits() (held, broken, waiting int) {
	for _, t := range m.pic.Thresholds {
		switch {
		case t.Held:
			held++
		case t.NoData && m.live():
			waiting++
		default:
			broken++
		}
	}
	return held, broken, waiting
}

// loadChunks say what is asked for and what is achieved.
func (m *model) loadChunks() []chunk {
	p := &m.pic
	if p.Model == "hold" {
		return m.holdChunks()
	}
	load := words(0, "req/s ", rate(p.Achieved), " of ", rate(p.Offered))
	load.texts[1].style = bold
	if p.Offered > 0 {
		load.texts = append(load.texts, text{faint, " (" + percent(min(p.Achieved/p.Offered, 9.99)) + " %)"})
	}
	failed := words(0, "err ", percent(p.ErrorRate)+" %")
	if p.ErrorRate > 0 {
		failed.texts[1].style = bad
	}
	chunks := []chunk{}
	if p.Closed {
		chunks = append(chunks, chunk{texts: []text{{warn, "closed model: hides queueing"}}, drop: 1})
	}
	chunks = append(chunks, load, failed, words(3, "in-flight ", count(p.InFlight)), words(4, "VUs ", count(p.VUs)))
	if p.Queued > 0 {
		chunks = append(chunks, words(2, "queued ", count(p.Queued)))
	}
	if p.NotSent > 0 {
		chunks = append(chunks, chunk{texts: []text{{bad, "not sent " + count(p.NotSent)}}, drop: 1})
	}
	return chunks
}

// holdChunks say how a load that only holds connections goes.
func (m *model) holdChunks() []chunk {
	p := &m.pic
	missing := words(0, "unanswered ", count(p.HeartbeatsMissing))
	if p.HeartbeatsMissing > 0 {
		missing.texts[1].style = warn
	}
	return []chunk{words(0, "heartbeats ", count(p.Heartbeats)), missing, words(1, "opened ", rate(p.ConnOpenRate)+"/s")}
}

// trafficChunks say what is open, what flows, and how late the generator itself is.
func (m *model) trafficChunks() []chunk {
	p := &m.pic
	conns := words(0, "conns ", count(p.ConnOpen), " open")
	if p.ConnAsked > 0 {
		conns = words(0, "conns ", count(p.ConnHeld)+"/"+count(uint64(p.ConnAsked)), " held")
	}
	chunks := []chunk{conns}
	if p.ConnDropped > 0 {
		chunks = append(chunks, chunk{texts: []text{{bad, "dropped " + count(p.ConnDropped)}}, drop: 1})
	}
	if p.ConnFailed > 0 {
		chunks = append(chunks, chunk{texts: []text{{bad, "failed " + count(p.ConnFailed)}}, drop: 1})
	}
	lag := words(2, "pacer lag p99 ", span(p.PacerLag))
	if late(p) {
		lag.texts[1] = text{warn, "! " + lag.texts[1].s}
	}
	return append(chunks, words(3, "TX ", view.Bytes(p.TX)+"/s"), words(3, "RX ", view.Bytes(p.RX)+"/s"), lag)
}

func late(p *view.Live) bool { return p.PacerLagLimit > 0 && p.PacerLag > p.PacerLagLimit }

// wallClock is the time of day at an offset of the run.
func (m *model) wallClock(at stats.Offset) string {
	return m.run.Info.Started.Add(at).Format(time.TimeOnly)
}
