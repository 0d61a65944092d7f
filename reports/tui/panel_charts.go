package tui

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// curveOf makes a curve of one number of every second of the run.
func (m *model) curveOf(name string, st style, get func(*view.Point) (float64, bool)) curve {
	c := curve{name: name, style: st}
	for i := range m.pic.Points {
		p := &m.pic.Points[i]
		at := int(p.At / time.Second)
		for len(c.points) <= at {
			c.points = append(c.points, point{})
		}
		v, ok := get(p)
		c.points[at].add(point{v, v, ok})
	}
	return c
}

// drawChart draws curves in a frame whose lower edge is the time axis.
func (m *model) drawChart(a area, f frame, c chart) {
	c.from, c.to = stretch(len(m.pic.Points), m.pic.Planned, m.zoom != none)
	c.sym, c.marks = m.sym, m.phaseMarks()
	f.from, f.to = view.Clock(time.Duration(c.from)*time.Second), view.Clock(time.Duration(c.to)*time.Second)
	for _, cv := range slices.Backward(c.curves) {
		f.foot = append(f.foot, legend(cv))
	}
	inner := f.draw(a)
	c.draw(inner)
}

// legend is the mark and the name of a curve.
func legend(c curve) chunk {
	line := "─"
	if c.dotted {
		line = "┄"
	}
	return chunk{texts: []text{{c.style, line}, {faint, c.name}}}
}

func (m *model) phaseMarks() (marks []int) {
	for _, ph := range m.pic.Phases {
		if ph.Begin != stats.Never && ph.Begin > 0 {
			marks = append(marks, int(ph.Begin/time.Second))
		}
	}
	return marks
}

// drawRate shows the load that was due against what was answered: the gap
// between the two is the story of an overloaded target.
func (m *model) drawRate(a area) {
	offered := m.curveOf("offered", third, func(p *view.Point) (float64, bool) { return p.Offered, true })
	offered.dotted = true
	achieved := m.curveOf("achieved", first, func(p *view.Point) (float64, bool) { return p.Achieved, true })
	curves := []curve{offered, achieved}
	failed := m.curveOf("failed", bad, func(p *view.Point) (float64, bool) { return p.Failed, p.Failed > 0 })
	if _, most := extremes([]curve{failed}, 0, len(failed.points)); most > 0 {
		curves = append(curves, failed)
	}
	from, to := stretch(len(m.pic.Points), m.pic.Planned, m.zoom != none)
	_, most := extremes(curves, from, to)
	m.drawChart(a, m.frame(panelRate, "rate", "req/s"), chart{curves: curves, scale: linear(most), label: short})
}

// drawResponse shows percentiles over time on a logarithmic scale. A column that
// reaches the top edge means that failed requests reach into the percentile.
func (m *model) drawResponse(a area) {
	times := func(p *view.Point) view.Times { return p.Response }
	title := "response time"
	if m.service {
		times, title = func(p *view.Point) view.Times { return p.Service }, "service time"
	}
	quantile := func(name string, st style, get func(view.Times) view.Quantile) curve {
		return m.curveOf(name, st, func(p *view.Point) (float64, bool) {
			q := get(times(p))
			if q.Infinite {
				return math.Inf(1), true
			}
			return q.Value.Seconds(), times(p).Count > 0
		})
	}
	p999 := quantile("p99.9", fourth, func(t view.Times) view.Quantile { return t.P999 })
	p999.dotted = true
	curves := []curve{
		p999,
		quantile("p50", second, func(t view.Times) view.Quantile { return t.P50 }),
		quantile("p99", first, func(t view.Times) view.Quantile { return t.P99 }),
	}
	from, to := stretch(len(m.pic.Points), m.pic.Planned, m.zoom != none)
	least, most := extremes(curves, from, to)
	c := chart{curves: curves, scale: logarithmic(least, most), label: seconds}
	if slo := m.run.Info.SmallestSLO; slo > 0 && !m.service {
		c.limits = []limit{{slo.Seconds(), bad}}
	}
	m.drawChart(a, m.frame(panelResponse, title, "log"), c)
}

// seconds labels a time axis.
func seconds(v float64) string { return span(time.Duration(v * float64(time.Second))) }

// drawConnections shows what is open and, for a hold load, what is held of what
// was asked for.
func (m *model) drawConnections(a area) {
	open := m.curveOf("open", first, func(p *view.Point) (float64, bool) { return float64(p.Open), true })
	c := chart{label: short}
	title := "connections"
	if m.pic.ConnAsked > 0 {
		open.style, open.dotted = third, true
		held := m.curveOf("held", first, func(p *view.Point) (float64, bool) { return float64(p.Held), true })
		c.curves = []curve{open, held}
		c.limits = []limit{{float64(m.pic.ConnAsked), faint}}
	} else {
		busy := m.curveOf("in flight", third, func(p *view.Point) (float64, bool) { return float64(p.InFlight), true })
		busy.dotted = true
		c.curves = []curve{busy, open}
	}
	from, to := stretch(len(m.pic.Points), m.pic.Planned, m.zoom != none)
	_, most := extremes(c.curves, from, to)
	c.scale = linear(math.Max(most, float64(m.pic.ConnAsked)))
	m.drawChart(a, m.frame(panelConnections, title, ""), c)
}
