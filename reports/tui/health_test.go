package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestHealthOfAgents: what the newest second of each is worth, the worst first, and the
// worst readings of all of them.
func TestHealthOfAgents(t *testing.T) {
	m := newModel(Config{}, newFeed())
	m.pic.Agents = []view.LiveAgent{
		{Name: "a-1", Validity: stats.Validity{Verdict: stats.Valid}},
		{Name: "a-2", Validity: stats.Validity{Verdict: stats.Degraded}, Vitals: stats.Vitals{KernelJitter: stats.Read(7 * time.Millisecond), LoopBusy: stats.Read(0.97)}},
		{Name: "a-3", Validity: stats.Validity{Verdict: stats.Invalid}, Vitals: stats.Vitals{GoJitter: stats.Read(21 * time.Millisecond), ThrottledFor: stats.Read(80 * time.Millisecond)}},
	}
	m.pic.Agents[2].CPU, m.pic.Closed = 1.2, true
	for want, line := range map[string][]text{
		"agents now ✗ a-3 ! a-2 ✓ a-1":                             m.standings(),
		"beat late by !7ms  steal –  throttled !80ms":              m.vitals(),
		"Go late by 21ms  judges nothing":                          m.goLate(),
		"busiest agent 120 % of a core  a-3  busiest loop !97.0 %": m.loads(),
	} {
		var b strings.Builder
		for _, t := range line {
			b.WriteString(t.s)
		}
		if got := strings.TrimSpace(b.String()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestBeatsAreJudgedByWhatTheySpoil: what Go keeps a beat waiting judges nothing, and where
// connections are only held the heartbeats' interval says what matters.
func TestBeatsAreJudgedByWhatTheySpoil(t *testing.T) {
	for _, c := range []struct {
		kernel, Go, beat time.Duration
		want             string
	}{
		{4 * time.Millisecond, 22 * time.Millisecond, 0, "beat late by 4ms"},
		{6 * time.Millisecond, 0, 0, "beat late by !6ms"},
		{45 * time.Millisecond, 0, 24 * time.Second, "beat late by 45ms"},
		{300 * time.Millisecond, 0, 24 * time.Second, "beat late by !300ms"},
	} {
		m := newModel(Config{}, newFeed())
		m.run = &stats.Run{Info: stats.Info{Beat: c.beat}}
		m.pic.Agents = []view.LiveAgent{{Vitals: stats.Vitals{KernelJitter: stats.Read(c.kernel), GoJitter: stats.Read(c.Go)}}}
		var b strings.Builder
		for _, t := range m.vitals() {
			b.WriteString(t.s)
		}
		if got, _, _ := strings.Cut(b.String(), "  "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
