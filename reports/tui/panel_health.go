package tui

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// drawHealth answers whether the generator, not the target, limited what was
// seen: the verdict with its reasons, then the measures behind it, the most
// telling first, as many as there is room for.
func (m *model) drawHealth(a area) {
	verdict, st := validityWord(m.run.Validity.Verdict)
	f := m.frame(panelHealth, "health of the measurement", "")
	in := f.draw(a)
	y := m.say(in, m.reasons(in, verdict, st))
	for _, line := range m.measures() {
		if y >= in.h {
			return
		}
		x := 1
		for _, t := range line {
			x = in.text(x, y, t.style, t.s)
		}
		y++
	}
}

// reasons writes the verdict and why, and returns the line after.
func (m *model) reasons(a area, verdict string, st style) (y int) {
	x := a.text(1, 0, st, verdict)
	why := m.run.Validity.Told()
	if len(why) == 0 {
		if m.run.Validity.Verdict == "valid" {
			a.text(x+1, 0, faint, "the generator limited nothing")
		}
		return 1
	}
	y = 1
	for _, reason := range why {
		for _, line := range wrap(reason, a.w-4) {
			if y >= a.h {
				// Zoomed, or in the report, all of it can be read.
				a.text(a.w-2, a.h-1, plain, "…")
				return y
			}
			a.text(3, y, plain, line)
			y++
		}
	}
	return y
}

// say writes what a run that is over says of its limit, from line y on, and returns the
// line after.
func (m *model) say(a area, y int) int {
	for _, said := range m.pic.Said {
		for _, line := range wrap(said, a.w-2) {
			if y >= a.h {
				a.text(a.w-2, a.h-1, plain, "…")
				return y
			}
			a.text(1, y, plain, line)
			y++
		}
	}
	return y
}

// measures are the figures behind the verdict.
func (m *model) measures() [][]text {
	p := &m.pic
	lines := [][]text{
		{{faint, "pacer lag p99 "}, judged(span(p.PacerLag), late(p)), {faint, " of "}, {plain, span(p.PacerLagLimit)}},
		m.standings(),
		m.vitals(),
		m.losses(),
		m.loads(),
	}
	lines = append(lines, m.sure()...)
	if p.Heartbeats > 0 {
		lines = append(lines, []text{
			{faint, "heartbeats "}, {plain, count(p.Heartbeats)},
			{faint, "  unanswered "}, judged(count(p.HeartbeatsMissing), p.HeartbeatsMissing > 0),
		})
	}
	return append(lines, m.goLate(),
		ledger("requests", p.Accounting), classes(p.Accounting),
		ledger("warm-up, heartbeats", p.Warmup), classes(p.Warmup))
}

// classes say how the requests ended that did: every one in exactly one way.
func classes(a stats.Accounting) (line []text) {
	for c, n := range a.Classes {
		if n > 0 {
			line = append(line, text{faint, "  " + stats.Class(c).String() + " "}, text{plain, count(n)})
		}
	}
	return line
}

// standings are what the newest second of each agent is worth, the worst first.
func (m *model) standings() (line []text) {
	line = append(line, text{faint, "agents now "})
	agents := slices.Clone(m.pic.Agents)
	slices.SortStableFunc(agents, func(a, b view.LiveAgent) int { return gravity(b) - gravity(a) })
	for _, g := range agents {
		line = append(line, standing(g), text{plain, g.Name + " "})
	}
	return line
}

// gravity orders the verdicts of a second.
func gravity(g view.LiveAgent) int {
	return slices.Index([]string{stats.Valid, stats.Degraded, stats.Invalid}, g.Validity.Verdict)
}

func standing(g view.LiveAgent) text {
	switch {
	case g.State == "lost":
		return text{badBold, "✗ "}
	case g.Validity.Verdict == stats.Invalid:
		return text{badBold, "✗ "}
	case g.Validity.Verdict == stats.Degraded:
		return text{warnBold, "! "}
	}
	return text{good, "✓ "}
}

// vitals are the worst of all agents: what their machines kept from them.
func (m *model) vitals() []text {
	var worst stats.Vitals
	for i := range m.pic.Agents {
		worst.Worst(&m.pic.Agents[i].Vitals)
	}
	late, steal, long := worst.KernelJitter, worst.Machine.Steal, worst.ThrottledFor
	return []text{
		{faint, "beat late by "}, judged(view.Reading(late, span), late.Over(m.run.Info.JitterLimit())),
		{faint, "  steal "}, judged(view.Reading(steal, portion), steal.Over(stats.MostSteal)),
		{faint, "  throttled "}, judged(view.Reading(long, span), long.Over(0)),
	}
}

func portion(share float64) string { return percent(share) + " %" }

// loads is how busy the agents are: it explains, and judges only what closed users see.
func (m *model) loads() []text {
	var busiest view.LiveAgent
	var loop stats.Reading[float64]
	for _, g := range m.pic.Agents {
		loop = loop.Max(g.Vitals.LoopBusy)
		if g.CPU >= busiest.CPU {
			busiest = g
		}
	}
	line := []text{
		{faint, "busiest agent "}, {plain, fmt.Sprintf("%.0f %%", busiest.CPU*100)},
		{faint, " of a core  "}, {plain, busiest.Name},
	}
	if loop.Known {
		line = append(line, text{faint, "  busiest loop "}, judged(portion(loop.Value), m.pic.Closed && loop.Over(stats.MostBusy)))
	}
	return line
}

// goLate is how late Go was at the agents' beats while something else of them ran, which is
// often longer than any limit, and no harm.
func (m *model) goLate() []text {
	var late stats.Reading[time.Duration]
	for _, g := range m.pic.Agents {
		late = late.Max(g.Vitals.GoJitter)
	}
	return []text{{faint, "Go late by "}, {plain, view.Reading(late, span)}, {faint, "  judges nothing"}}
}

func (m *model) losses() []text {
	var lost uint64
	for _, g := range m.pic.Agents {
		lost += g.LostSamples
	}
	gone := len(m.pic.Agents) - m.pic.AgentsOK
	return []text{
		{faint, "missing: agents "}, judged(fmt.Sprint(gone), gone > 0),
		{faint, " samples "}, judged(count(lost), lost > 0),
		{faint, " seconds "}, judged(fmt.Sprint(m.pic.Excluded), m.pic.Excluded > 0),
	}
}

// ledger is the accounting so far: what is neither ended nor censored is open.
func ledger(what string, a stats.Accounting) []text {
	ended := a.Intended
	if open := a.Missing(); open > 0 {
		ended -= min(uint64(open), ended)
	}
	return []text{
		{faint, what + ": intended "}, {plain, count(a.Intended)},
		{faint, " ended "}, {plain, count(ended)},
		{faint, " open "}, {plain, count(a.Intended - ended)},
	}
}

// judged marks a figure that is not as it should be.
func judged(s string, wrong bool) text {
	if wrong {
		return text{warnBold, "!" + s}
	}
	return text{plain, s}
}

// sure is between which times the percentiles lie by what the whole run has seen so far.
func (m *model) sure() (lines [][]text) {
	for _, p := range []float64{99, 99.9} {
		i := m.pic.Sure.Of(p)
		if i.P == 0 || i.Withheld {
			continue
		}
		lines = append(lines, []text{
			{faint, "response " + view.PercentileName(p) + " so far "}, {plain, view.BetweenMillis(i, m.pic.Timeout)},
			{faint, " 95 %, " + view.Label(i)},
		})
	}
	return lines
}
