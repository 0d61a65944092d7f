package stats

import (
	"math"
	"slices"
	"time"
)

// A Monitor is what one source told of itself while a run went on: the target, its
// database, a machine. It is sampled a few times a minute up to once a second, and has
// no part in any figure of the run.
type Monitor struct {
	Name  string // unique in the run
	Kind  string // such as "prometheus"
	Every time.Duration

	Series []MonitorSeries
	Times  []Offset    // of the samples
	Values [][]float64 // by series, then by sample; NaN = it was not told

	Failures        int // samples that could not be had: gaps, never zeros
	FirstFail, Last Offset
	Why             string // of the last failure

	Profiles []MonitorProfile
}

// A MonitorSeries is one line of a chart.
type MonitorSeries struct {
	Name  string // unique in its monitor
	Chart string // those with the same are drawn together
	Label string // in that chart
	Unit  string // such as "/s", "ms", "bytes", "%"; "" = a number
	Main  bool   // it belongs into short tables
	Cap   string // the series that bounds it; "" = nothing does
	AtCap string // what it means to be there, such as "connections: those beyond wait"
}

// A MonitorProfile is a file that was made at a phase, in the run directory.
type MonitorProfile struct {
	File  string // such as "profiles/pprof-steady-cpu-12s.pb.gz"
	Kind  string // such as "cpu"
	Phase string
	At    Offset
	Took  time.Duration
	Bytes int64
}

// MonitorNews is one step of a monitor's growth; beside Monitor one field is set.
type MonitorNews struct {
	Monitor string
	Begun   *MonitorBegun
	Sample  *MonitorSample
	Failed  *MonitorFailure
	Profile *MonitorProfile
	Note    string // for people, and for no record
	Changed string // what somebody did to what is watched, for the events of the run
}

// MonitorBegun comes first.
type MonitorBegun struct {
	Kind  string
	Every time.Duration // 0 = it is not sampled
}

// A MonitorSample is what was told at one moment, with the series that are new.
type MonitorSample struct {
	At     Offset // in the middle between question and answer
	Series []MonitorSeries
	Values map[string]float64 // by name of the series; none is NaN
}

// A MonitorFailure is a sample or a profile that could not be had.
type MonitorFailure struct {
	At  Offset
	Why string
}

// monitored grows one monitor.
func (r *Run) monitored(n *MonitorNews) {
	m := r.monitor(n.Monitor)
	switch {
	case n.Begun != nil:
		m.Kind, m.Every = n.Begun.Kind, n.Begun.Every
	case n.Sample != nil:
		m.sample(n.Sample)
	case n.Failed != nil:
		m.fail(n.Failed)
	case n.Profile != nil:
		m.Profiles = append(m.Profiles, *n.Profile)
	}
}

// monitor finds a monitor, or begins it.
func (r *Run) monitor(name string) *Monitor {
	for i := range r.Monitors {
		if r.Monitors[i].Name == name {
			return &r.Monitors[i]
		}
	}
	r.Monitors = append(r.Monitors, Monitor{Name: name, FirstFail: Never, Last: Never})
	return &r.Monitors[len(r.Monitors)-1]
}

func (m *Monitor) fail(f *MonitorFailure) {
	if m.Failures == 0 {
		m.FirstFail = f.At
	}
	m.Failures++
	m.Last, m.Why = f.At, f.Why
}

func (m *Monitor) sample(s *MonitorSample) {
	for _, one := range s.Series {
		if m.index(one.Name) >= 0 {
			continue
		}
		m.Series = append(m.Series, one)
		m.Values = append(m.Values, slices.Repeat([]float64{math.NaN()}, len(m.Times)))
	}
	m.Times = append(m.Times, s.At)
	for i := range m.Series {
		v, told := s.Values[m.Series[i].Name]
		if !told {
			v = math.NaN()
		}
		m.Values[i] = append(m.Values[i], v)
	}
}

func (m *Monitor) index(name string) int {
	return slices.IndexFunc(m.Series, func(s MonitorSeries) bool { return s.Name == name })
}

// Spread is the least, the median and the most of the samples of a series with
// from <= time < to, and how many there are. The median is that of moments, each with the
// same weight: of a series of percentiles it is no percentile of anything.
func (m *Monitor) Spread(series int, from, to Offset) (low, median, high float64, n int) {
	var all []float64
	for i, v := range m.Values[series] {
		if at := m.Times[i]; at >= from && at < to && !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return math.NaN(), math.NaN(), math.NaN(), 0
	}
	slices.Sort(all)
	return all[0], all[(len(all)-1)/2], all[len(all)-1], len(all)
}
