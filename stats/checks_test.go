package stats

import (
	"strings"
	"testing"
	"time"
)

// graded is a run of windows in which one agent's check found these grades.
func graded(grades string) *Run {
	r := &Run{}
	check := windowCheck{of: func(_ *Run, w *Window, _ *AgentWindow) finding {
		g := Grade(strings.IndexByte(".sg", grades[w.Index]))
		return finding{grade: g, size: float64(g), text: "it was " + g.Verdict()}
	}}
	r.checks.of = make([]checkWatch, 1)
	for i := range grades {
		w := &Window{Index: int64(i), Agents: []AgentWindow{{Name: "a-1"}}}
		r.checks.windows++
		r.checks.of[0].watch(r, w, check)
	}
	return r
}

// TestChecksOfWindows: one bad second does not spoil a run, two that are more than a
// hundredth do; slight ones degrade by the same rule, and a single grave one degrades.
func TestChecksOfWindows(t *testing.T) {
	for name, c := range map[string]struct{ grades, verdict, reason string }{
		"fine":         {"......", Valid, ""},
		"one slight":   {"..s...", Valid, ""},
		"two slight":   {"..ss..", Degraded, "agent a-1: it was degraded (in 2 of 6 seconds, worst at 2s)"},
		"one grave":    {"...g..", Degraded, "agent a-1: it was invalid (at 3s)"},
		"two grave":    {"..sg.g", Invalid, "agent a-1: it was invalid (in 2 of 6 seconds, worst at 3s)"},
		"2 of 300":     {"gg" + strings.Repeat(".", 298), Degraded, "agent a-1: it was invalid (in 2 of 300 seconds, worst at 0s)"},
		"4 of 300":     {"gggg" + strings.Repeat(".", 296), Invalid, "agent a-1: it was invalid (in 4 of 300 seconds, worst at 0s)"},
		"2 slight 300": {"ss" + strings.Repeat(".", 298), Valid, ""},
	} {
		v := verdict{Validity: Validity{Verdict: Valid}}
		v.checks(graded(c.grades))
		if got := strings.Join(v.Reasons, "; "); v.Verdict != c.verdict || got != c.reason {
			t.Errorf("%s: %s, %q", name, v.Verdict, got)
		}
	}
}

// TestLongFindings: an agent that stood still reports one window for several seconds.
func TestLongFindings(t *testing.T) {
	r := &Run{}
	var c checkWatch
	c.watch(r, &Window{Agents: []AgentWindow{{}}}, windowCheck{of: func(*Run, *Window, *AgentWindow) finding {
		return finding{grade: Grave, seconds: 2}
	}})
	if c.grave != 2 || c.slight != 2 {
		t.Errorf("%+v", c)
	}
}

func TestJudgeWindow(t *testing.T) {
	r := &Run{}
	for _, c := range []struct {
		lag     time.Duration
		lost    uint64
		verdict string
	}{{0, 0, Valid}, {900 * time.Microsecond, 0, Valid}, {2 * time.Millisecond, 0, Degraded}, {6 * time.Millisecond, 0, Invalid}, {0, 1, Invalid}} {
		a := AgentWindow{Lost: c.lost, PacerLag: &Histogram{}}
		a.PacerLag.Record(c.lag)
		if v := JudgeWindow(r, &Window{}, &a); v.Verdict != c.verdict || (v.Verdict == Valid) != (len(v.Reasons) == 0) {
			t.Errorf("%+v: %+v", c, v)
		}
	}
}
