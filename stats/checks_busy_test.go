package stats

import (
	"strings"
	"testing"
)

// load is a run of seconds in which two agents' busiest loops were busy for these shares.
func load(phases []PhaseKey, of func(second int) []PhaseStats, busy func(second int) Reading[float64], seconds int) *Run {
	r := &Run{}
	l := &Layout{Phases: phases, Cells: []CellKey{{Recorded: true}}}
	r.Apply(Update{Started: &Started{Layout: l}})
	for i := range seconds {
		c := CellStats{Intended: 100, Response: &Histogram{}, Service: &Histogram{}}
		c.Classes[OK] = 100
		c.Response.Record(ms)
		c.Service.Record(ms)
		r.Apply(Update{Window: &Window{Index: int64(i), Merged: &Snapshot{Window: int64(i), Cells: []CellStats{c}, Phases: of(i)},
			Agents: []AgentWindow{{Name: "a-1", Vitals: Vitals{LoopBusy: busy(i)}}, {Name: "a-2", Vitals: Vitals{LoopBusy: Read(0.3)}}}}})
	}
	return r
}

// TestASaturatedGeneratorIsToldOfClosedUsers: a loop without leisure makes the target look
// slow. It degrades where it lasts, where closed users alone are recorded; and where it is
// known.
func TestASaturatedGeneratorIsToldOfClosedUsers(t *testing.T) {
	closed, open, warm := PhaseKey{Recorded: true, Closed: true}, PhaseKey{Recorded: true}, PhaseKey{Closed: true}
	held := PhaseKey{Recorded: true, Holds: 9}
	users, connections := PhaseStats{VUs: 500, InFlight: 500}, PhaseStats{ConnHeld: 9, InFlight: 1}
	always := func(b Reading[float64]) func(int) Reading[float64] { return func(int) Reading[float64] { return b } }
	for name, c := range map[string]struct {
		phases []PhaseKey
		busy   func(int) Reading[float64]
		of     func(int) []PhaseStats
		slight bool
	}{
		"saturated":   {[]PhaseKey{closed}, always(Read(0.99)), nil, true},
		"much to do":  {[]PhaseKey{closed}, always(Read(0.95)), nil, false},
		"not known":   {[]PhaseKey{closed}, always(Reading[float64]{}), nil, false},
		"open":        {[]PhaseKey{open}, always(Read(0.99)), nil, false},
		"beside open": {[]PhaseKey{closed, open}, always(Read(0.99)), func(int) []PhaseStats { return []PhaseStats{users, {IterIntended: 9}} }, false},
		"beside held": {[]PhaseKey{closed, held}, always(Read(0.99)), func(int) []PhaseStats { return []PhaseStats{users, connections} }, true},
		"only held":   {[]PhaseKey{held}, always(Read(0.99)), func(int) []PhaseStats { return []PhaseStats{connections} }, false},
		"in a warm-up": {[]PhaseKey{warm, closed}, func(s int) Reading[float64] { return Read(0.99 - 0.5*float64(s/20)) },
			func(s int) []PhaseStats { return [][]PhaseStats{{users, {}}, {{}, users}}[s/20] }, false},
		"for a twentieth": {[]PhaseKey{closed}, func(s int) Reading[float64] { return Read(0.99 - 0.5*float64(min(s/2, 1))) }, nil, false},
		"for a tenth":     {[]PhaseKey{closed}, func(s int) Reading[float64] { return Read(0.99 - 0.5*float64(min(s/4, 1))) }, nil, true},
	} {
		if c.of == nil {
			c.of = func(int) []PhaseStats { return []PhaseStats{users} }
		}
		r := load(c.phases, c.of, c.busy, 40)
		v, by := r.Validity, JudgeLimit(r, JudgeSteadiness(r)).By
		if !c.slight && (v.Verdict != Valid || by == LimitGenerator) || c.slight && (v.Verdict != Degraded || by != LimitGenerator) {
			t.Errorf("%s: %+v, limit %q", name, v, by)
		}
	}
}

// TestTheReasonSaysWhichAgentAndWhatToDo, and the windows say it of that agent alone.
func TestTheReasonSaysWhichAgentAndWhatToDo(t *testing.T) {
	r := load([]PhaseKey{{Recorded: true, Closed: true}}, func(int) []PhaseStats { return []PhaseStats{{VUs: 500}} },
		func(int) Reading[float64] { return Read(0.993) }, 10)
	want := "agent a-1: one of its loops was busy for 99 % of a second: service times of closed users include waiting for the generator, " +
		"and the target may be faster than it; use more agents, loops or machines (in 10 of 10 seconds, worst at 0s)"
	if got := strings.Join(r.Validity.Reasons, "; "); got != want {
		t.Errorf("%q", got)
	}
	w := &r.Windows[3]
	if one, other := JudgeWindow(r, w, &w.Agents[0]), JudgeWindow(r, w, &w.Agents[1]); one.Verdict != Degraded || other.Verdict != Valid {
		t.Errorf("%+v, %+v", one, other)
	}
}

// TestWhatFailedIsNoneOfABusyGenerators: closed users whose target refuses them ask again at
// once, and keep any loop busy.
func TestWhatFailedIsNoneOfABusyGenerators(t *testing.T) {
	r := load([]PhaseKey{{Recorded: true, Closed: true}}, func(int) []PhaseStats { return []PhaseStats{{VUs: 500}} },
		func(int) Reading[float64] { return Read(0.99) }, 10)
	refused := CellStats{Intended: 100, Failed: &Histogram{}}
	refused.Classes[ConnError] = 100
	refused.Failed.Record(ms)
	r.Apply(Update{Window: &Window{Index: 10, Merged: &Snapshot{Window: 10, Cells: []CellStats{refused}, Phases: []PhaseStats{{VUs: 500}}},
		Agents: []AgentWindow{{Name: "a-1", Vitals: Vitals{LoopBusy: Read(0.99)}}}}})
	if by := JudgeLimit(r, JudgeSteadiness(r)).By; by != LimitTarget {
		t.Errorf("limit %q", by)
	}
}

// TestAnOpenLoadHasItsOwnLimit, whatever closed users before it kept busy.
func TestAnOpenLoadHasItsOwnLimit(t *testing.T) {
	r := load([]PhaseKey{{Recorded: true, Closed: true}, {Recorded: true}}, func(s int) []PhaseStats {
		return [][]PhaseStats{{{VUs: 500}, {}}, {{}, {IterIntended: 100}}}[s/20]
	}, func(s int) Reading[float64] { return Read(0.99 - 0.5*float64(s/20)) }, 40)
	if by := JudgeLimit(r, JudgeSteadiness(r)).By; r.Validity.Verdict != Degraded || by != LimitNothing {
		t.Errorf("%+v, limit %q", r.Validity, by)
	}
}
