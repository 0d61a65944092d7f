package tui

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// drawThresholds lists the limits, the broken ones first, and below them, where
// there is room, the most frequent errors.
func (m *model) drawThresholds(a area) {
	in := m.frame(panelThresholds, "thresholds", m.limitsDetail()).draw(a)
	if len(m.pic.Thresholds) == 0 {
		in.text(1, 0, faint, "The scenario sets no thresholds.")
	}
	y := 0
	for _, t := range ordered(m.pic.Thresholds)[min(m.skip(panelThresholds), len(m.pic.Thresholds)):] {
		m.thresholdLine(in, y, t)
		y++
	}
	if m.zoom != panelThresholds {
		m.errorTail(in, max(y, 1))
	}
}

func (m *model) limitsDetail() string {
	held, broken, waiting := m.limits()
	detail := fmt.Sprintf("%d hold", held)
	if broken > 0 {
		detail += fmt.Sprintf(", %d do not", broken)
	}
	if waiting > 0 {
		detail += fmt.Sprintf(", %d wait for data", waiting)
	}
	return detail
}

// ordered puts the broken thresholds before those that hold.
func ordered(all []view.Threshold) (list []view.Threshold) {
	for _, held := range []bool{false, true} {
		for _, t := range all {
			if t.Held == held {
				list = append(list, t)
			}
		}
	}
	return list
}

func (m *model) thresholdLine(a area, y int, t view.Threshold) {
	mark, st := "✓", good
	switch {
	case t.NoData && m.live():
		mark, st = "?", warn
	case !t.Held:
		mark, st = "✗", badBold
	}
	a.text(1, y, st, mark)
	observed := t.Observed
	if m.zoom == panelThresholds && t.FirstFail != stats.Never {
		observed = fmt.Sprintf("broken first at %s  %s", view.Clock(t.FirstFail), observed)
	}
	end := a.right(a.w-1, y, st, observed)
	metric, tags, _ := strings.Cut(t.Name, "{")
	line := a.sub(0, y, max(end-1, 0), 1)
	x := line.text(3, 0, plain, metric)
	x = line.text(x+1, 0, bold, t.Expr)
	if tags != "" && x+4 < line.w {
		line.text(x+1, 0, faint, "{"+tags)
	}
}

// errorTail is the most frequent kinds of failure, a line each, under a heading.
func (m *model) errorTail(a area, y int) {
	if len(m.pic.Errors) == 0 || y >= a.h {
		return
	}
	if a.h-y >= 2 {
		a.text(1, y, faint, "most frequent errors")
		y++
	}
	for _, e := range m.pic.Errors {
		if y >= a.h {
			return
		}
		end := a.right(a.w-1, y, plain, "×"+count(e.Count))
		a.sub(0, y, max(end-1, 0), 1).text(1, 0, bad, e.Kind+"  "+e.Name)
		y++
	}
}

// drawErrors lists the kinds of failure with examples of each.
func (m *model) drawErrors(a area) {
	in := m.frame(panelErrors, "errors", "whole run, most frequent first").draw(a)
	if len(m.pic.Errors) == 0 {
		in.text(1, 0, good, "✓ No request has failed so far.")
		return
	}
	lines := m.errorLines()
	lines = lines[min(m.skip(panelErrors), len(lines)):]
	for y, line := range lines {
		if y == in.h-1 && len(lines) > in.h {
			in.text(1, y, faint, fmt.Sprintf("… %d more lines", len(lines)-y))
			return
		}
		x := 1
		for _, t := range line {
			x = in.text(x, y, t.style, t.s)
		}
	}
}

// errorLines are the lines of the errors panel: a kind, then its examples.
func (m *model) errorLines() (lines [][]text) {
	for _, e := range m.pic.Errors {
		lines = append(lines, []text{
			{bold, fmt.Sprintf("%7s ", count(e.Count))},
			{bad, e.Kind}, {plain, "  " + e.Name},
			{faint, fmt.Sprintf("  %s %% of errors  ", percent(e.Share)) + e.Phase + "  " + view.Clock(e.First) + "–" + view.Clock(e.Last)},
		})
		for _, s := range e.Samples {
			lines = append(lines, []text{
				{faint, fmt.Sprintf("%8sat %s after %s  ", "", view.Clock(s.At), view.Span(s.Response))},
				{plain, s.Detail}, {faint, "  " + s.Agent},
			})
		}
	}
	return lines
}
