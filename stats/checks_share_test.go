package stats

import (
	"strings"
	"testing"
	"time"
)

// lagging is a run of agents that each send so many requests a second, of which the first
// sends some late.
func lagging(agents, seconds, each int, late func(second int) int, by time.Duration) *Run {
	l := &Layout{Phases: []PhaseKey{{Recorded: true}}, Cells: []CellKey{{Recorded: true}}}
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: l}})
	for s := range seconds {
		n := uint64(agents * each)
		answers := CellStats{Intended: n, Response: answeredIn(ms, agents*each), Service: answeredIn(ms, agents*each)}
		answers.Classes[OK] = n
		w := &Window{Index: int64(s), Merged: &Snapshot{Cells: []CellStats{answers}, Phases: []PhaseStats{{IterIntended: n}}}}
		for i := range agents {
			lag := &Histogram{}
			for n := range each {
				if i == 0 && n < late(s) {
					lag.Record(by)
				} else {
					lag.Record(100 * time.Microsecond)
				}
			}
			w.Agents = append(w.Agents, AgentWindow{Name: "a-" + string(rune('0'+i)), PacerLag: lag})
			join(&w.Merged.Phases[0].PacerLag, lag)
		}
		r.Apply(Update{Window: w})
	}
	return r
}

// TestOneLateAgentAmongMany: what one agent of ten sends late is less than one percent of all
// requests, and still every second of it is bad.
func TestOneLateAgentAmongMany(t *testing.T) {
	always := func(n int) func(int) int { return func(int) int { return n } }
	for name, c := range map[string]struct {
		agents, each int
		late         func(int) int
		by           time.Duration
		verdict      string
	}{
		"8 % late in each second":        {10, 100, always(8), 500 * time.Millisecond, Invalid},
		"a little late in each second":   {10, 100, always(8), 3 * time.Millisecond, Degraded},
		"few are no share":               {10, 20, always(1), 500 * time.Millisecond, Valid},
		"few of many are none either":    {10, 200, always(3), 3 * time.Millisecond, Valid},
		"once":                           {10, 100, func(s int) int { return 8 * (1 - min(s, 1)) }, 3 * time.Millisecond, Valid},
		"two are few, however late":      {10, 100, always(2), 500 * time.Millisecond, Valid},
		"of a slow load one at times":    {1, 80, func(s int) int { return 1 - min(s%6, 1) }, 8 * time.Millisecond, Valid},
		"of a slow load one always":      {1, 80, always(1), 3 * time.Millisecond, Degraded},
		"of a slow load one far, always": {1, 80, always(1), 500 * time.Millisecond, Invalid},
		"a single agent, told together":  {1, 100, always(8), 500 * time.Millisecond, Invalid},
	} {
		r := lagging(c.agents, 60, c.each, c.late, c.by)
		if r.Validity.Verdict != c.verdict {
			t.Errorf("%s: %+v", name, r.Validity)
		}
		if told := strings.Count(strings.Join(r.Validity.Reasons, "\n"), "agent a-0"); c.agents == 1 && told > 0 {
			t.Errorf("%s: said twice: %q", name, r.Validity.Reasons)
		}
		if c.verdict == Invalid && !r.generatorLate() {
			t.Errorf("%s: the generator was not the limit", name)
		}
	}
}

// TestLateAgentIsTheLimit: who was the limit goes by what makes the run invalid.
func TestLateAgentIsTheLimit(t *testing.T) {
	for late, want := range map[int]Limiter{0: LimitNothing, 8: LimitGenerator} {
		r := lagging(10, 60, 100, func(int) int { return late }, 500*time.Millisecond)
		if by := limitOf(r).By; by != want || (r.Validity.Verdict == Invalid) != (want == LimitGenerator) {
			t.Errorf("%d of 100 late: %s, %+v", late, by, r.Validity)
		}
	}
}

// warmed is a run with a long warm-up, and bad seconds at the beginning of what is recorded.
func warmed(warmup, recorded int, bad func(w *AgentWindow)) *Run {
	l := &Layout{Phases: []PhaseKey{{Name: "warm-up"}, {Name: "load", Recorded: true}}}
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: l}})
	for s := range warmup + recorded {
		phases, a := make([]PhaseStats, 2), AgentWindow{Name: "a-1"}
		phase := min(s/warmup, 1)
		phases[phase].IterIntended = 100
		a.Arrivals = []ArrivalTest{{Phase: phase, Due: 100}}
		if s >= warmup && s < warmup+5 {
			bad(&a)
		}
		r.Apply(Update{Window: &Window{Index: int64(s), Merged: &Snapshot{Phases: phases}, Agents: []AgentWindow{a}}})
	}
	return r
}

// TestWarmUpIsNoPartOfTheShare: five bad seconds of sixty are a twelfth, however long the
// warm-up was.
func TestWarmUpIsNoPartOfTheShare(t *testing.T) {
	for name, bad := range map[string]func(*AgentWindow){
		"issued":      func(a *AgentWindow) { a.Arrivals[0].Overdue = 20 },
		"arrival law": func(a *AgentWindow) { a.Arrivals[0].N, a.Arrivals[0].D = 1000, 0.4 },
		"jitter":      func(a *AgentWindow) { a.Vitals.KernelJitter = Read(30 * time.Millisecond) },
	} {
		r := warmed(540, 60, bad)
		if r.Validity.Verdict != Invalid || !strings.Contains(strings.Join(r.Validity.Reasons, ";"), "in 5 of 60 seconds") {
			t.Errorf("%s: %+v", name, r.Validity)
		}
		if !r.generatorLate() {
			t.Errorf("%s: the generator was not the limit", name)
		}
	}
}

// TestSecondsOfAStallAreCountedOnce: where a slow target answers what a stall made late in two
// seconds, both tell of the same seconds. Six of 450 would be more than one percent of them.
func TestSecondsOfAStallAreCountedOnce(t *testing.T) {
	for _, agents := range []int{1, 10} {
		r := lagging(agents, 450, 100, func(s int) int {
			if s == 200 || s == 201 {
				return 100
			}
			return 0
		}, 2500*time.Millisecond)
		if all := strings.Join(r.Validity.Reasons, ";"); r.Validity.Verdict != Degraded || !strings.Contains(all, "in 4 of 450 seconds") {
			t.Errorf("%d agents: %s: %s", agents, r.Validity.Verdict, all)
		}
	}
}

// TestStallIsCountedOnce: all reasons count the seconds of one stall alike.
func TestStallIsCountedOnce(t *testing.T) {
	r := lagging(1, 200, 100, func(s int) int { return 100 * (1 - min(s, 1)) }, 2500*time.Millisecond)
	if all := strings.Join(r.Validity.Reasons, ";"); !strings.Contains(all, "in 3 of 200 seconds") {
		t.Errorf("%s", all)
	}
}
