package tui

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// drawEvents shows the newest events, the last one lowest.
func (m *model) drawEvents(a area) {
	events := m.run.Events
	events = events[max(0, len(events)-a.h):]
	for y, e := range events {
		word, st := "INFO", faint
		switch e.Level {
		case stats.Warning:
			word, st = "WARN", warn
		case stats.Severe:
			word, st = "FAIL", badBold
		}
		x := a.text(1, y, faint, m.wallClock(e.At))
		x = a.text(x+1, y, st, word)
		a.text(x+1, y, plain, e.Text)
	}
}

// drawKeys is the last line: what can be pressed now, or what is being asked.
func (m *model) drawKeys(a area) {
	switch {
	case m.asking:
		left := view.Clock(m.pic.Planned - m.pic.Elapsed)
		a.row(1, 0, 2, []chunk{
			{texts: []text{{warnBold, "Stop the run " + left + " before its end?"}}},
			hint("y", "stop, drain and report", 0), hint("n", "go on", 0), hint("Q", "stop now", 1),
		})
	case m.editing:
		a.row(1, 0, 2, []chunk{
			{texts: []text{{bold, "/" + m.typed}, {accent, "▌"}}},
			{texts: []text{{faint, "regular expression, ! inverts"}}, drop: 2},
			hint("enter", "keep", 0), hint("esc", "clear", 0),
		})
	default:
		a.row(1, 0, 2, m.hints())
	}
}

func hint(key, what string, drop int) chunk {
	return chunk{texts: []text{{chosen, key}, {faint, " " + what}}, drop: drop}
}

// lastWord says how the run ended.
func (m *model) lastWord() string {
	if r := m.run.Result; r.Reason != "" {
		return fmt.Sprintf("Run over, exit %d: %s.", r.ExitCode, cut(strings.TrimSuffix(r.Reason, "."), m.w/2))
	}
	return fmt.Sprintf("Run over, exit %d.", m.run.Result.ExitCode)
}

// hints are the keys that do something now.
func (m *model) hints() (hints []chunk) {
	switch {
	case m.over():
		hints = append(hints, chunk{texts: []text{{bold, m.lastWord()}}}, hint("q", "leave", 0))
	case m.stopping == stopAtOnce:
		hints = append(hints, chunk{texts: []text{{warnBold, "Stopping now."}}}, hint("ctrl-c", "leave the dashboard", 0))
	case m.stopping == stopGently:
		hints = append(hints, chunk{texts: []text{{warnBold, "Draining."}}}, hint("ctrl-c", "stop now", 0))
	}
	if m.zoom != none || m.help {
		hints = append(hints, hint("esc", "back", 0))
	}
	for _, k := range keys() {
		if k.short == "" || k.when != nil && !k.when(m) {
			continue
		}
		what := k.short
		if k.press == "p" && m.doing() == "paused" {
			what = "go on"
		}
		if k.press == "f" && m.frozen {
			what = "unfreeze"
		}
		hints = append(hints, hint(k.show, what, k.drop))
	}
	return hints
}
