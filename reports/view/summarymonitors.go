package view

import "math"

// SummaryMonitor is one monitor.
type SummaryMonitor struct {
	Name     string                  `json:"name"`
	Kind     string                  `json:"kind"`
	EveryS   float64                 `json:"every_s"`
	Samples  int                     `json:"samples"`
	Failures int                     `json:"failures"`
	FirstS   *float64                `json:"first_failure_s"`
	LastS    *float64                `json:"last_failure_s"`
	Why      string                  `json:"last_failure,omitempty"`
	Series   []SummaryMonitorSeries  `json:"series"` // those that matter, by recorded phase
	Profiles []SummaryMonitorProfile `json:"profiles"`
	Full     []string                `json:"full"` // what was at its bound, and what that means
}

// SummaryMonitorSeries is one series in one phase: what was told of moments, and no
// percentile of anything.
type SummaryMonitorSeries struct {
	Series  string   `json:"series"`
	Phase   string   `json:"phase"`
	Unit    string   `json:"unit"`
	Least   *float64 `json:"least"` // null = above the last bound of a histogram
	Median  *float64 `json:"median"`
	Most    *float64 `json:"most"`
	Samples int      `json:"samples"`
}

// SummaryMonitorProfile is a file that was made at a phase.
type SummaryMonitorProfile struct {
	File  string  `json:"file"`
	Kind  string  `json:"kind"`
	Phase string  `json:"phase"`
	AtS   float64 `json:"at_s"`
	Bytes int64   `json:"bytes"`
}

func summaryMonitors(all []Monitor) []SummaryMonitor {
	list := []SummaryMonitor{}
	for _, m := range all {
		s := SummaryMonitor{Name: m.Name, Kind: m.Kind, EveryS: m.Every.Seconds(), Samples: m.Samples, Failures: m.Failures,
			FirstS: offset(m.FirstFail), LastS: offset(m.LastFail), Why: m.Why, Series: []SummaryMonitorSeries{}, Profiles: []SummaryMonitorProfile{}, Full: some(m.Full)}
		for _, r := range m.Rows {
			s.Series = append(s.Series, SummaryMonitorSeries{r.Series, r.Phase, r.Unit, reading(r.Low), reading(r.Median), reading(r.High), r.Samples})
		}
		for _, p := range m.Profiles {
			s.Profiles = append(s.Profiles, SummaryMonitorProfile{p.File, p.Kind, p.Phase, round(p.At.Seconds()), p.Bytes})
		}
		list = append(list, s)
	}
	return list
}

func reading(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = round(v)
	return &v
}
