package view

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// PointOf adds windows up to one point of the charts: counts become rates,
// histograms are merged and then asked, gauges are those of the last window.
func PointOf(r *stats.Run, w []stats.Window) Point {
	seconds := float64(len(w))
	all, phases := together(r.Layout, cellsOf(w), requests), phasesOf(w)
	p := Point{
		At: time.Duration(w[0].Index) * time.Second, Seconds: seconds,
		Offered: float64(all.Intended) / seconds, Achieved: float64(all.answers()) / seconds,
		Failed: float64(all.Bad()) / seconds,
		TX:     float64(all.BytesOut) / seconds, RX: float64(all.BytesIn) / seconds,
		VUs: phases.VUs, InFlight: phases.InFlight, Queued: phases.Queued,
		Open: phases.ConnOpen, Held: phases.ConnHeld, Dropped: phases.ConnDropped, ConnFailed: phases.ConnFailed,
		Response: all.response(), Service: TimesOf(all.Service, 0), PacerLag: lagOf(r, w).Percentile(99),
	}
	for i, n := range all.Classes {
		p.Classes[i] = float64(n) / seconds
	}
	p.least(w)
	return p
}

// lagOf is the lag of windows that the run is judged on; where nothing is recorded,
// of what was sent at all.
func lagOf(r *stats.Run, w []stats.Window) *stats.Histogram {
	var snapshots []*stats.Snapshot
	for i := range w {
		snapshots = append(snapshots, w[i].Merged)
	}
	if lag := r.PacerLag(snapshots...); lag.Count() > 0 {
		return lag
	}
	return phasesOf(w).PacerLag
}

// least notes the least gauges of the bucket, and whether one of them is excluded.
func (p *Point) least(w []stats.Window) {
	p.OpenMin, p.HeldMin = p.Open, p.Held
	for i := range w {
		p.Excluded = p.Excluded || w[i].Excluded()
		p.Paused = p.Paused || w[i].Paused > 0
		one := phasesOf(w[i : i+1])
		p.OpenMin, p.HeldMin = min(p.OpenMin, one.ConnOpen), min(p.HeldMin, one.ConnHeld)
	}
}

// MaxPoints bounds the points of a report's charts, however long the run.
const MaxPoints = 600

// pointsOf is the whole run in at most MaxPoints points of whole seconds.
func pointsOf(r *stats.Run) (points []Point) {
	step := stepOf(len(r.Windows))
	for i := 0; i < len(r.Windows); i += step {
		points = append(points, PointOf(r, r.Windows[i:min(i+step, len(r.Windows))]))
	}
	return points
}

func stepOf(windows int) int { return max(1, (windows+MaxPoints-1)/MaxPoints) }

// PhasesAt names the phases that issue load at some moment, in the order of the
// file.
func PhasesAt(r *stats.Run, at stats.Offset) []string {
	names := []string{}
	for i, s := range r.Spans {
		if i < len(r.Layout.Phases) && s.Begin != stats.Never && s.Begin <= at && (s.End == stats.Never || at < s.End) {
			names = append(names, r.Layout.Phases[i].Name)
		}
	}
	return names
}

// LevelName is a level in a word: info, warning, severe.
func LevelName(l stats.Level) string {
	switch l {
	case stats.Informative:
		return "info"
	case stats.Warning:
		return "warning"
	}
	return "severe"
}
