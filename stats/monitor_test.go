package stats

import (
	"math"
	"slices"
	"testing"
	"time"
)

func tellAll(r *Run, all ...MonitorNews) {
	for i := range all {
		r.Apply(Update{Monitor: &all[i]})
	}
}

func TestAMonitorGrowsByItsNews(t *testing.T) {
	var r Run
	clients := MonitorSeries{Name: "clients", Chart: "clients", Label: "connected"}
	tellAll(&r,
		MonitorNews{Monitor: "redis", Begun: &MonitorBegun{Kind: "redis", Every: time.Second}},
		MonitorNews{Monitor: "redis", Sample: &MonitorSample{At: time.Second, Series: []MonitorSeries{{Name: "ops"}}, Values: map[string]float64{"ops": 5}}},
		MonitorNews{Monitor: "redis", Failed: &MonitorFailure{At: 2 * time.Second, Why: "refused"}},
		MonitorNews{Monitor: "redis", Failed: &MonitorFailure{At: 3 * time.Second, Why: "late"}},
		MonitorNews{Monitor: "redis", Sample: &MonitorSample{At: 4 * time.Second, Series: []MonitorSeries{clients}, Values: map[string]float64{"clients": 7}}},
		MonitorNews{Monitor: "redis", Profile: &MonitorProfile{File: "profiles/x"}},
	)
	m := r.Monitors[0]
	if m.Failures != 2 || m.FirstFail != 2*time.Second || m.Last != 3*time.Second || m.Why != "late" || len(m.Profiles) != 1 {
		t.Errorf("failures and profiles: %+v", m)
	}
	if !slices.Equal(m.Times, []Offset{time.Second, 4 * time.Second}) || len(m.Values) != 2 {
		t.Fatalf("samples: %+v", m)
	}
	// What was not told is a gap, before a series is known as well as after.
	if m.Values[0][0] != 5 || !math.IsNaN(m.Values[0][1]) || !math.IsNaN(m.Values[1][0]) || m.Values[1][1] != 7 {
		t.Errorf("values %v", m.Values)
	}
}

// TestMonitorsChangeNoFigure: they have no part in the validity of a run either.
func TestMonitorsChangeNoFigure(t *testing.T) {
	var r Run
	r.Apply(Update{Started: &Started{Layout: &Layout{Phases: []PhaseKey{{Name: "p", Recorded: true}}}}})
	before := r.Validity
	tellAll(&r, MonitorNews{Monitor: "m", Failed: &MonitorFailure{Why: "refused"}})
	if got := r.Validity; got.Verdict != before.Verdict || len(got.Reasons) != len(before.Reasons) {
		t.Errorf("validity %+v, before %+v", got, before)
	}
}

func TestSpreadIsOfTheSamplesOfAPhase(t *testing.T) {
	m := Monitor{Times: []Offset{0, 1, 2, 3, 4, 5}, Values: [][]float64{{100, 3, math.NaN(), 1, 2, 100}}}
	low, median, high, n := m.Spread(0, 1, 5)
	if low != 1 || median != 2 || high != 3 || n != 3 {
		t.Errorf("%v %v %v of %d", low, median, high, n)
	}
	if low, _, _, n := m.Spread(0, 9, 10); n != 0 || !math.IsNaN(low) {
		t.Errorf("of nothing: %v, %d", low, n)
	}
}
