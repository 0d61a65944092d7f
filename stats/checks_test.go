package stats

import (
	"strings"
	"testing"
	"time"
)

// graded is a run of windows in which one agent's check found these grades.
func graded(grades string) *Run {
	r := &Run{Layout: &Layout{}}
	check := windowCheck{of: func(_ *Run, w *Window, _ *AgentWindow) finding {
		g := Grade(strings.IndexByte(".sg", grades[w.Index]))
		return finding{grade: g, size: float64(g), text: "it was " + g.Verdict()}
	}}
	r.checks.of = make([]checkWatch, 1)
	for i := range grades {
		w := &Window{Index: int64(i), Agents: []AgentWindow{{Name: "a-1"}}}
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
	if most := c.most(r, 60); most.slight.seconds != 2 || most.grave.seconds != 2 {
		t.Errorf("%+v", most)
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

// TestManyAgentsAreNotWorse: a run is as good as the worst of its agents, however many there
// are that each have one bad second of a hundred.
func TestManyAgentsAreNotWorse(t *testing.T) {
	r := &Run{Layout: &Layout{}}
	r.checks.of = make([]checkWatch, 1)
	for i := range 100 {
		w := &Window{Index: int64(i), Agents: []AgentWindow{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}}
		r.checks.of[0].watch(r, w, windowCheck{of: func(_ *Run, w *Window, a *AgentWindow) finding {
			if w.Index == 10*int64(a.Name[0]-'a') {
				return finding{grade: Grave, text: "late"}
			}
			return finding{}
		}})
	}
	v := verdict{Validity: Validity{Verdict: Valid}}
	if v.checks(r); v.Verdict != Degraded {
		t.Errorf("%+v", v.Validity)
	}
}

// beating is a run of so many seconds in which an agent's thread got a core late by what
// the map says, in the second it says.
func beating(l *Layout, info Info, phase func(second int) PhaseStats, seconds int, late map[int]time.Duration) *Run {
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: l, Info: info}})
	for i := range seconds {
		m := &Snapshot{Window: int64(i), Cells: make([]CellStats, len(l.Cells)), Phases: []PhaseStats{phase(i)}}
		r.Apply(Update{Window: &Window{Index: int64(i), Merged: m, Agents: []AgentWindow{{
			Name: "a-1", Vitals: Vitals{KernelJitter: Read(late[i])},
		}}}})
	}
	return r
}

// TestWhatIsNotMeasuredIsNotSpoiled: late beats while nothing recorded goes on, and of
// connections that are only held, without heartbeats.
func TestWhatIsNotMeasuredIsNotSpoiled(t *testing.T) {
	const ms = time.Millisecond
	open := &Layout{Phases: []PhaseKey{{Recorded: true}}}
	busy := func(int) PhaseStats { return PhaseStats{IterIntended: 10} }
	afterTen := func(second int) PhaseStats {
		if second < 10 {
			return PhaseStats{}
		}
		return PhaseStats{IterIntended: 10}
	}
	for name, c := range map[string]struct {
		layout  *Layout
		phase   func(int) PhaseStats
		late    map[int]time.Duration
		verdict string
	}{
		"measured":           {open, busy, map[int]time.Duration{3: 25 * ms, 4: 25 * ms}, Invalid},
		"before":             {open, afterTen, map[int]time.Duration{3: 25 * ms, 4: 25 * ms}, Valid},
		"a little, at times": {open, busy, map[int]time.Duration{3: 6 * ms, 4: 6 * ms}, Valid},
		"a little, often":    {open, busy, map[int]time.Duration{3: 6 * ms, 4: 6 * ms, 5: 6 * ms, 9: 6 * ms}, Degraded},
		"only held": {&Layout{Phases: []PhaseKey{{Recorded: true, Holds: 9}}}, func(int) PhaseStats { return PhaseStats{ConnHeld: 9} },
			map[int]time.Duration{3: 25 * ms, 4: 25 * ms}, Valid},
	} {
		if v := beating(c.layout, Info{}, c.phase, 60, c.late).Validity; v.Verdict != c.verdict {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestClosedUsersStandStillToo: a stall of the generator makes nothing late in a closed
// load, as its users wait for their answers; it makes fewer requests. One that is more than
// a hundredth of the run spoils it.
func TestClosedUsersStandStillToo(t *testing.T) {
	closed := &Layout{Phases: []PhaseKey{{Recorded: true, Closed: true}}}
	users := func(int) PhaseStats { return PhaseStats{VUs: 5} }
	for stall, verdict := range map[time.Duration]string{950 * time.Millisecond: Invalid, 100 * time.Millisecond: Degraded} {
		r := beating(closed, Info{}, users, 20, map[int]time.Duration{7: stall})
		if r.Validity.Verdict != verdict {
			t.Errorf("%s: %+v", stall, r.Validity)
		}
	}
	if v := beating(closed, Info{}, users, 200, map[int]time.Duration{7: 950 * time.Millisecond}).Validity; v.Verdict != Degraded {
		t.Errorf("of 200 s: %+v", v)
	}
}
