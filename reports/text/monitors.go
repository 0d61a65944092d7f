package text

import (
	"fmt"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/view"
)

// maxMonitorRows bounds the table of monitors; the report has the charts.
const maxMonitorRows = 24

// maxFull bounds what is told of one monitor to have been at its bound.
const maxFull = 8

// monitors are a line for each series that matters in each phase, and what failed.
func (p *page) monitors(v *view.View) {
	var rows []view.MonitorRow
	for _, m := range v.Monitors {
		rows = append(rows, m.Rows...)
	}
	if len(rows) > 0 {
		p.line("")
		p.monitorRows(rows)
	}
	for _, m := range v.Monitors {
		if m.Failures > 0 {
			p.field("monitor", fmt.Sprintf("%s: %d samples, %d failed between %s and %s: %s", m.Name, m.Samples, m.Failures, view.Clock(m.FirstFail), view.Clock(m.LastFail), oneLine(m.Why)))
		}
		p.full(&m)
		if n := len(m.Profiles); n > 0 {
			p.field("profiles", fmt.Sprintf("%d of %s, such as %s", n, m.Name, m.Profiles[0].File))
		}
	}
}

// full is what was at its bound; a single one is told in the notes.
func (p *page) full(m *view.Monitor) {
	if len(m.Full) == 1 {
		return
	}
	for _, what := range m.Full[:min(len(m.Full), maxFull)] {
		p.field("full", oneLine(m.Name+" "+what))
	}
	if more := len(m.Full) - maxFull; more > 0 {
		p.field("full", fmt.Sprintf("… and %d more of %s in the report", more, m.Name))
	}
}

func (p *page) monitorRows(rows []view.MonitorRow) {
	wide, phase := len("monitor"), len("phase")
	shown := rows[:min(len(rows), maxMonitorRows)]
	for _, r := range shown {
		wide = max(wide, utf8.RuneCountInString(r.Monitor+" "+r.Series))
		phase = max(phase, utf8.RuneCountInString(r.Phase))
	}
	wide, phase = min(wide, 52), min(phase, 18)
	const cell = "  %12s %12s %12s"
	p.line("  %s  %s"+cell, pad("monitor", wide), pad("phase", phase), "least", "median", "most")
	for _, r := range shown {
		p.line("  %s  %s"+cell, pad(oneLine(r.Monitor+" "+r.Series), wide), pad(oneLine(r.Phase), phase),
			view.Unit(r.Low, r.Unit), view.Unit(r.Median, r.Unit), view.Unit(r.High, r.Unit))
	}
	if more := len(rows) - len(shown); more > 0 {
		p.line("  … and %d more in the report", more)
	}
	p.line("  (of samples: medians of moments, and no percentiles of requests)")
	p.line("")
}
