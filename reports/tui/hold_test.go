package tui

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// held is a run that only holds connections: there is no request to show.
func held() *model {
	m := newModel(Config{}, newFeed())
	m.w, m.h = 80, 24
	l := &stats.Layout{Phases: []stats.PhaseKey{{Name: "hold", Recorded: true, Holds: 50_000}},
		Cells: []stats.CellKey{{Name: "GET /health", Method: "GET", Heartbeat: true}}}
	s := demo()
	info := s.info()
	info.Model, info.Asked, info.Arrivals, info.Planned, info.File = "hold", 50_000, "", 200*time.Second, "scenarios/hold-50k.yaml"
	m.run.Apply(stats.Update{Started: &stats.Started{Info: info, Layout: l, Agents: s.fleet()}})
	m.run.Apply(stats.Update{State: &stats.State{Name: "running"}})
	m.run.Apply(spanned(0, 0, stats.Never, stats.Never))
	for i := range 150 {
		n := uint64(min(50_000, (i+1)*500))
		beat := stats.CellStats{Intended: n / 30, Response: &stats.Histogram{}}
		beat.Classes[stats.OK] = n / 30
		p := stats.PhaseStats{ConnOpened: 500, ConnOpen: n, ConnHeld: n, HeartbeatsSent: n / 30, HeartbeatsAnswered: n / 30}
		m.run.Apply(stats.Update{Window: &stats.Window{Index: int64(i), Merged: &stats.Snapshot{Window: int64(i),
			Cells: []stats.CellStats{beat}, Phases: []stats.PhaseStats{p}}}})
	}
	m.refresh()
	return m
}

func TestHoldOnly(t *testing.T) {
	golden(t, held().draw().plain())
}
