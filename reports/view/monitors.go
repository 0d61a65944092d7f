package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Monitor is what one source told of itself while the run was on.
type Monitor struct {
	Name, Kind string
	Every      time.Duration // 0 = it makes profiles only
	Samples    int
	Failures   int
	FirstFail  stats.Offset
	LastFail   stats.Offset
	Why        string // of the last failure

	Charts   []MonitorChart // those that matter first
	Rows     []MonitorRow   // of series that belong into short tables, by recorded phase
	Profiles []stats.MonitorProfile
	Full     []string // what was at its bound, and what that means
}

// A MonitorChart is series of one scale.
type MonitorChart struct {
	Title, Unit string
	Main        bool // it has a line that matters, and something is to be seen
	Points      []Point
	Lines       []MonitorLine
	MoreLines   int // left out
}

// A MonitorLine is one series, a value for each point: the largest of its samples, NaN
// where there is none.
type MonitorLine struct {
	Name   string
	Values []float64
}

// A MonitorRow is one series in one phase. The median is that of samples.
type MonitorRow struct {
	Monitor, Series, Unit, Phase string
	Low, Median, High            float64
	Samples                      int
}

// Bounds of what is shown of monitors; the run directory has all of it.
const (
	maxMonitorPoints = 300
	maxMonitorLines  = 8
	maxMonitorCharts = 40
)

func monitors(r *stats.Run, length time.Duration) (all []Monitor) {
	for i := range r.Monitors {
		m := &r.Monitors[i]
		v := Monitor{Name: m.Name, Kind: m.Kind, Every: m.Every, Samples: len(m.Times), Failures: m.Failures,
			FirstFail: m.FirstFail, LastFail: m.Last, Why: m.Why, Profiles: m.Profiles}
		v.Charts = monitorCharts(m, length)
		v.Rows = monitorRows(r, m)
		v.Full = atCaps(m)
		all = append(all, v)
	}
	return all
}

// Bounds of what is written as it is usual for a unit: a service tells moments as seconds
// too, and limits that are none.
const (
	years   = 1e8
	endless = 1e18
)

// Unit is how a number of a unit is written.
func Unit(v float64, unit string) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsNaN(v):
		return "–"
	case math.Abs(v) >= endless:
		return strings.TrimSpace(fmt.Sprintf("%.3g %s", v, unit))
	case unit == "bytes":
		return Bytes(v)
	case unit == "bytes/s":
		return Bytes(v) + "/s"
	case unit == "s" && v > 0 && v < years:
		return Span(time.Duration(v * float64(time.Second)))
	}
	return strings.TrimSpace(Number(v) + " " + unit)
}

// monitorCharts draws series with the same chart together.
func monitorCharts(m *stats.Monitor, length time.Duration) (charts []MonitorChart) {
	at := map[string]int{}
	for i, s := range m.Series {
		key := s.Chart + "\x00" + s.Unit
		n, has := at[key]
		if !has {
			n = len(charts)
			at[key] = n
			charts = append(charts, MonitorChart{Title: s.Chart, Unit: s.Unit, Points: monitorGrid(m.Every, length)})
		}
		line := MonitorLine{Name: s.Label, Values: onGrid(m, i, charts[n].Points)}
		charts[n].Lines = append(charts[n].Lines, line)
		charts[n].Main = charts[n].Main || s.Main && highest(line.Values) > 0
	}
	for i := range charts {
		charts[i].busiest()
	}
	slices.SortStableFunc(charts, func(a, b MonitorChart) int {
		switch {
		case a.Main == b.Main:
			return 0
		case a.Main:
			return -1
		}
		return 1
	})
	return charts[:min(len(charts), maxMonitorCharts)]
}

// monitorGrid is the points of a run at which a monitor is sampled, or every few of them
// of a long run.
func monitorGrid(every, length time.Duration) (points []Point) {
	if every <= 0 {
		return nil
	}
	step := every
	if n := length / every; n > maxMonitorPoints {
		step *= (n + maxMonitorPoints - 1) / maxMonitorPoints
	}
	for at := time.Duration(0); at <= length; at += step {
		points = append(points, Point{At: at})
	}
	return points
}

// onGrid puts the samples of a series on the points of its chart. A sample is of its
// point or up to the next one: it is told a little after it was due.
func onGrid(m *stats.Monitor, series int, points []Point) []float64 {
	values := slices.Repeat([]float64{math.NaN()}, len(points))
	if len(points) == 0 {
		return values
	}
	step := m.Every
	if len(points) > 1 {
		step = points[1].At
	}
	for i, v := range m.Values[series] {
		n := int(m.Times[i] / step)
		if n < 0 || n >= len(values) || math.IsNaN(v) {
			continue
		}
		if math.IsNaN(values[n]) || v > values[n] {
			values[n] = v
		}
	}
	return values
}

// highest is the largest value, +Inf counted, 0 without any.
func highest(values []float64) (top float64) {
	for _, v := range values {
		if v > top {
			top = v
		}
	}
	return top
}

// busiest keeps the lines with the highest values, in their order.
func (c *MonitorChart) busiest() {
	if c.MoreLines = len(c.Lines) - maxMonitorLines; c.MoreLines <= 0 {
		c.MoreLines = 0
		return
	}
	order := make([]int, len(c.Lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(highest(c.Lines[b].Values), highest(c.Lines[a].Values)) })
	kept := order[:maxMonitorLines]
	slices.Sort(kept)
	var lines []MonitorLine
	for _, i := range kept {
		lines = append(lines, c.Lines[i])
	}
	c.Lines = lines
}

// monitorRows are the series that matter in each recorded phase; those that stayed at 0
// say nothing there.
func monitorRows(r *stats.Run, m *stats.Monitor) (rows []MonitorRow) {
	for i, s := range m.Series {
		if !s.Main {
			continue
		}
		for p, span := range r.Spans {
			if p >= len(r.Layout.Phases) || !r.Layout.Phases[p].Recorded || span.Begin == stats.Never {
				continue
			}
			end := span.End
			if end == stats.Never {
				end = math.MaxInt64
			}
			// What grew is told of the time since the sample before: the first one of a phase
			// has time before it in it.
			low, median, high, n := m.Spread(i, span.Begin+m.Every, end)
			if n > 0 && high != 0 {
				rows = append(rows, MonitorRow{m.Name, seriesName(s), s.Unit, r.Layout.Phases[p].Name, low, median, high, n})
			}
		}
	}
	return rows
}

func seriesName(s stats.MonitorSeries) string {
	if s.Label == s.Chart || s.Label == "" {
		return s.Chart
	}
	return s.Chart + ": " + s.Label
}
