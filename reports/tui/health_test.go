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
		{Name: "a-2", Validity: stats.Validity{Verdict: stats.Degraded}, Vitals: stats.Vitals{GoJitter: stats.Read(7 * time.Millisecond)}},
		{Name: "a-3", Validity: stats.Validity{Verdict: stats.Invalid}, Vitals: stats.Vitals{ThrottledFor: stats.Read(80 * time.Millisecond)}},
	}
	for want, line := range map[string][]text{
		"agents now ✗ a-3 ! a-2 ✓ a-1":                m.standings(),
		"beat late by !7ms  steal –  throttled !80ms": m.vitals(),
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
