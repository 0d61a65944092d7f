package html

import (
	"fmt"
	"math"

	"github.com/loadctl/loadctl/reports/view"
)

// A Watched is a monitor with its charts: those that matter, and the others.
type Watched struct {
	view.Monitor
	Main, Rest []Chart
}

// monitorPens tell up to eight lines apart.
var monitorPens = [...]pen{blue, orange, green, red, purple, sky, grey, black}

const cores = "cores"

// maxMain bounds the charts of a monitor that are seen at once.
const maxMain = 8

// watched draws the charts of all monitors on the time axis of the run.
func (p *painter) watched() (all []Watched) {
	for i, m := range p.v.Monitors {
		w := Watched{Monitor: m}
		for j, c := range m.Charts {
			chart := p.monitorChart(fmt.Sprintf("monitor-%d-%d", i, j), m, c)
			if c.Main && len(w.Main) < maxMain {
				w.Main = append(w.Main, chart)
			} else {
				w.Rest = append(w.Rest, chart)
			}
		}
		all = append(all, w)
	}
	return all
}

func (p *painter) monitorChart(id string, m view.Monitor, c view.MonitorChart) Chart {
	chart := timeChart{id: id, name: m.Name + ": " + c.Title, unit: c.Unit, about: monitorAbout(m, c),
		label: func(v float64) string { return view.Unit(v, c.Unit) }}
	if c.Unit == cores { // the word has no room beside the axis
		chart.name += ", " + cores
		chart.label = func(v float64) string { return view.Unit(v, "") }
	}
	for i, line := range c.Lines {
		chart.series = append(chart.series, series{name: line.Name, ink: monitorPens[i%len(monitorPens)], values: line.Values})
	}
	own := *p
	own.points = c.Points
	return own.draw(chart)
}

func monitorAbout(m view.Monitor, c view.MonitorChart) string {
	about := "Sampled every " + view.Span(m.Every) + "."
	if len(c.Points) > 1 && c.Points[1].At > m.Every {
		about += " Each point is the largest of the samples in " + view.Span(c.Points[1].At) + "."
	}
	for _, line := range c.Lines {
		for _, v := range line.Values {
			if math.IsInf(v, 1) {
				return about + " ▲: above the last bound of its histogram."
			}
		}
	}
	if c.MoreLines > 0 {
		about += fmt.Sprintf(" %d lower lines are left out.", c.MoreLines)
	}
	return about
}
