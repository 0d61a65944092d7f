package stats

import (
	"strings"
	"testing"
)

// TestPortsInTimeWaitDegrade: what connections keep that an agent closed was shown, and nobody
// was told when it left next to no ports for new ones.
func TestPortsInTimeWaitDegrade(t *testing.T) {
	for name, c := range map[string]struct {
		ports    uint64
		kept     []uint64 // by second
		recorded bool
		want     string
	}{
		"not known":           {0, []uint64{28_000}, true, ""},
		"seven tenths":        {28_000, []uint64{19_600, 19_600}, true, ""},
		"more, for a second":  {28_000, []uint64{0, 19_601, 0}, true, "agent a-1: 19601 of the 28000 ports it has to choose from were in TIME_WAIT, more than 70 % (at 1s)"},
		"more than there are": {100, []uint64{150, 160, 80}, true, "agent a-1: 160 of the 100 ports it has to choose from were in TIME_WAIT, more than 70 % (in 3 of 3 seconds, worst at 1s)"},
		"in the warm-up":      {100, []uint64{100}, false, ""},
	} {
		r := new(Run)
		r.Apply(Update{Started: &Started{Layout: &Layout{Phases: []PhaseKey{{Name: "load", Recorded: c.recorded}}}}})
		for i, n := range c.kept {
			r.Apply(Update{Window: &Window{Index: int64(i), Merged: &Snapshot{Window: int64(i), Phases: []PhaseStats{{InFlight: 1}}},
				Agents: []AgentWindow{{Name: "a-1", State: "ok", Ports: c.ports, PortsKept: n}, {Name: "a-2", State: "ok", Ports: c.ports, PortsKept: n / 2}}}})
		}
		last := &r.Windows[len(r.Windows)-1]
		if v, want := JudgeWindow(r, last, &AgentWindow{Name: "a-1", Ports: 100, PortsKept: 71}), map[bool]string{true: Degraded, false: Valid}[c.recorded]; v.Verdict != want {
			t.Errorf("%s, of a second: %+v, want %s", name, v, want)
		}
		switch v := r.Validity; {
		case c.want == "" && v.Verdict != Valid:
			t.Errorf("%s: %+v", name, v)
		case c.want != "" && (v.Verdict != Degraded || len(v.Reasons) != 1 || !strings.HasPrefix(v.Reasons[0], c.want+": ")):
			t.Errorf("%s: %+v, want %s", name, v, c.want)
		}
	}
}

// TestKeptPortsAreAddedUp over the loops of an agent, and written to no file.
func TestKeptPortsAreAddedUp(t *testing.T) {
	s := Snapshot{PortsKept: 2}
	s.Merge(&Snapshot{PortsKept: 3})
	if w := s.Health(&Layout{}); s.PortsKept != 5 || w.PortsKept != 5 {
		t.Errorf("%d, %d; want 5", s.PortsKept, w.PortsKept)
	}
}
