package stats

import (
	"strings"
	"testing"
	"time"
)

// TestTicksAreTooCoarseForAShortLimit: with a limit of 1 ms and ticks as long the lag that
// nobody minds is above the limit itself, and such runs were valid.
func TestTicksAreTooCoarseForAShortLimit(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		pacing       string
		slo, tick    time.Duration
		due, byTicks uint64
		want         string
	}{
		"no limit":            {"ticks", 0, ms, 100, 100, Valid},
		"a fifth":             {"ticks", 7500 * time.Microsecond, ms, 100, 100, Valid},
		"more than a fifth":   {"ticks", 7499 * time.Microsecond, ms, 100, 100, Degraded},
		"short ticks":         {"ticks", 5 * ms, 100 * time.Microsecond, 100, 100, Valid},
		"long ticks":          {"auto", 90 * ms, 20 * ms, 100, 51, Degraded},
		"half of them":        {"auto", ms, ms, 100, 50, Valid},
		"never by ticks":      {"auto", ms, ms, 100, 0, Valid},
		"precise":             {"precise", ms, ms, 100, 0, Valid},
		"while it goes on":    {"ticks", ms, ms, 0, 0, Degraded},
		"auto, while it does": {"auto", ms, ms, 0, 0, Valid},
	} {
		r := &Run{Layout: &Layout{}, Info: Info{Pacing: c.pacing, SmallestSLO: c.slo, Tick: c.tick}, Agents: []AgentTotal{{Name: "a", Due: c.due, ByTicks: c.byTicks}}}
		if got := JudgeValidity(r); got.Verdict != c.want {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
	r := &Run{Layout: &Layout{}, Info: Info{Pacing: "auto", SmallestSLO: ms, Tick: ms}, Agents: []AgentTotal{{Due: 40, ByTicks: 30}, {Due: 60, ByTicks: 60}}}
	const want = "a limit of 1ms on response time is too short for loops that woke by ticks of 1ms for 90 % of requests: they may be 1.5ms late before it counts"
	if got := JudgeValidity(r).Reasons; len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%q, want %q", got, want)
	}
}
