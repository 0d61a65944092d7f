package sample

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// monitors tells of a database that is busier while load is on, fails twice while the
// target is frozen, and of a profile; and of a source that is never there.
func (t *tale) monitors() {
	tell := func(n stats.MonitorNews) { t.add(stats.Update{Monitor: &n}) }
	series := []stats.MonitorSeries{
		{Name: "sessions.active", Chart: "sessions", Label: "active", Main: true},
		{Name: "sessions.idle", Chart: "sessions", Label: "idle"},
		{Name: "took p99", Chart: "took_seconds", Label: "p99 ≤", Unit: "s", Main: true},
		{Name: "deadlocks", Chart: "trouble", Label: "deadlocks", Unit: "/s"},
	}
	tell(stats.MonitorNews{Monitor: "db", Begun: &stats.MonitorBegun{Kind: "postgresql", Every: 2 * time.Second}})
	tell(stats.MonitorNews{Monitor: "gone", Begun: &stats.MonitorBegun{Kind: "redis", Every: 2 * time.Second}})
	for s := 0; s < t.seconds(); s += 2 {
		at := second(s) + 3*time.Millisecond
		tell(stats.MonitorNews{Monitor: "gone", Failed: &stats.MonitorFailure{At: at, Why: "connect: connection refused"}})
		if frozen := s - t.steadyAt - t.Freeze; t.Freeze > 0 && frozen >= 0 && frozen < 4 {
			tell(stats.MonitorNews{Monitor: "db", Failed: &stats.MonitorFailure{At: at, Why: "no whole answer in time"}})
			continue
		}
		took := 0.025
		if s == t.steadyAt+8 {
			took = math.Inf(1)
		}
		busy := float64(2 + s%5)
		tell(stats.MonitorNews{Monitor: "db", Sample: &stats.MonitorSample{At: at, Series: series,
			Values: map[string]float64{"sessions.active": busy, "sessions.idle": 8 - busy, "took p99": took, "deadlocks": 0}}})
		series = nil
	}
	tell(stats.MonitorNews{Monitor: "db", Profile: &stats.MonitorProfile{File: "profiles/db-steady-cpu-12s.pb.gz", Kind: "cpu", Phase: "steady", At: second(12), Took: 10 * time.Second, Bytes: 4711}})
}
