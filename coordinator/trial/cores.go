package trial

import (
	"math"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// cores is how many cores' worth of work the target's processes did while load was recorded,
// in the mean: those that targets of ours tell, or else processes that a monitor of a machine
// watches by name. 0 = nobody told.
func cores(r *stats.Run) float64 {
	for _, is := range []func(*stats.MonitorSeries) bool{ofTarget, ofProcess} {
		sum := 0.0
		for i := range r.Monitors {
			sum += coresOf(r, &r.Monitors[i], is)
		}
		if sum > 0 {
			return sum
		}
	}
	return 0
}

func ofTarget(s *stats.MonitorSeries) bool { return s.Name == "process.cpu_s" && s.Unit == "cores" }

func ofProcess(s *stats.MonitorSeries) bool {
	return s.Unit == "cores" && s.Chart == "CPU of processes" && strings.HasSuffix(s.Name, ".cpu")
}

func coresOf(r *stats.Run, m *stats.Monitor, is func(*stats.MonitorSeries) bool) (sum float64) {
	for i := range m.Series {
		if i < len(m.Values) && is(&m.Series[i]) {
			sum += meanWhileRecorded(r, m.Times, m.Values[i])
		}
	}
	return sum
}

func meanWhileRecorded(r *stats.Run, times []stats.Offset, values []float64) float64 {
	sum, n := 0.0, 0
	for i, at := range times {
		if i < len(values) && !math.IsNaN(values[i]) && recordedAt(r, at) {
			sum, n = sum+values[i], n+1
		}
	}
	return sum / float64(max(n, 1))
}

// recordedAt says whether load was recorded at a moment. Connections that are held are no load, unless there
// is nothing else.
func recordedAt(r *stats.Run, at stats.Offset) bool {
	only := onlyHolds(r.Layout)
	for i, p := range r.Layout.Phases {
		if i >= len(r.Spans) || !p.Recorded || p.Holds > 0 && !only {
			continue
		}
		if s := &r.Spans[i]; s.Begin != stats.Never && at >= s.Begin && (s.End == stats.Never || at <= s.End) {
			return true
		}
	}
	return false
}
