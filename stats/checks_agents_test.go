package stats

import (
	"strings"
	"testing"
	"time"
)

// among is a run of two agents in which a second may have vitals of theirs, by its number.
func among(seconds int, vitals map[int][2]Vitals) *Run {
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: measuring()}})
	for i := range seconds {
		u := second(int64(i), Vitals{})
		u.Window.Agents = []AgentWindow{{Name: "local-1", Host: "h", Vitals: vitals[i][0]}, {Name: "local-2", Host: "h", Vitals: vitals[i][1]}}
		r.Apply(u)
	}
	return r
}

// TestEachAgentHasItsOwnMeanwhile: that one agent is a little late, and another stood still
// in the same second, are two stories.
func TestEachAgentHasItsOwnMeanwhile(t *testing.T) {
	r := among(60, map[int][2]Vitals{30: {
		{KernelJitter: Read(6 * milli), GCShare: Read(0.08)},
		{KernelJitter: Read(1993 * milli), StallCPU: Read(2 * milli)},
	}})
	want := "agent local-2: the machine gave it no core for 1.99s (in 2 of 60 seconds, worst at 30s); meanwhile it stood still for 1.99s, stopped or suspended: it used no CPU time"
	if got := strings.Join(r.Validity.Reasons, "\n"); got != want {
		t.Errorf("%s", got)
	}
}

// TestSecondsAreThoseOfTheAgentThatIsNamed: another one may have been bad for longer, and
// no agent's seconds are told of another.
func TestSecondsAreThoseOfTheAgentThatIsNamed(t *testing.T) {
	late := func(d time.Duration) Vitals { return Vitals{KernelJitter: Read(d)} }
	r := among(60, map[int][2]Vitals{
		3: {late(24 * milli), {}}, 5: {late(24 * milli), {}}, 7: {late(24 * milli), {}}, 9: {{}, late(60 * milli)},
	})
	want := "agent local-1: the machine gave it no core for 24ms (in 3 of 60 seconds, worst at 3s)"
	if got := strings.Join(r.Validity.Reasons, "\n"); got != want {
		t.Errorf("%s", got)
	}
}

// TestThrottlingHidesNoStop: a process that was throttled once may have been stopped at
// another time.
func TestThrottlingHidesNoStop(t *testing.T) {
	r := among(60, map[int][2]Vitals{
		10: {{KernelJitter: Read(6 * milli), Throttled: Read[uint64](1), ThrottledFor: Read(4 * milli)}},
		30: {{KernelJitter: Read(1993 * milli), StallCPU: Read(2 * milli)}},
	})
	want := "; meanwhile its control group was throttled, for 4ms over all cores, it stood still for 1.99s, stopped or suspended"
	if got := strings.Join(r.Validity.Reasons, "\n"); !strings.Contains(got, want) {
		t.Errorf("%s", got)
	}
}

// TestAWindowIsJudgedAsTheRunDoes: where nothing recorded goes on, what happens to a
// generator spoils nothing, of a second no more than of a run.
func TestAWindowIsJudgedAsTheRunDoes(t *testing.T) {
	r := &Run{Layout: &Layout{Phases: []PhaseKey{{}, {Recorded: true}}}}
	for name, c := range map[string]struct {
		phases []PhaseStats
		paused time.Duration
		want   string
	}{
		"measured": {[]PhaseStats{{}, {VUs: 3}}, 0, Invalid},
		"warm-up":  {[]PhaseStats{{VUs: 3}, {}}, 0, Valid},
		"a pause":  {[]PhaseStats{{}, {VUs: 3}}, milli, Valid},
	} {
		w := &Window{Merged: &Snapshot{Phases: c.phases}, Paused: c.paused}
		if v := JudgeWindow(r, w, &AgentWindow{Vitals: Vitals{KernelJitter: Read(2 * time.Second)}}); v.Verdict != c.want {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestABusyLoopMarksNoSecondOfAnOpenLoad: a run with one is not judged by it, nor is a second.
func TestABusyLoopMarksNoSecondOfAnOpenLoad(t *testing.T) {
	phases := []PhaseKey{{Recorded: true, Closed: true}, {Recorded: true}}
	for name, c := range map[string]struct {
		of   []PhaseStats
		want string
	}{
		"closed users alone": {[]PhaseStats{{VUs: 9}, {}}, Degraded},
		"an open load":       {[]PhaseStats{{}, {IterIntended: 9}}, Valid},
		"both":               {[]PhaseStats{{VUs: 9}, {IterIntended: 9}}, Valid},
	} {
		r, w := &Run{Layout: &Layout{Phases: phases}}, &Window{Merged: &Snapshot{Phases: c.of}}
		if v := JudgeWindow(r, w, &AgentWindow{Vitals: Vitals{LoopBusy: Read(0.99)}}); v.Verdict != c.want {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestWhyStandsBehindWhatItExplains: and behind no other reason, whichever comes first.
func TestWhyStandsBehindWhatItExplains(t *testing.T) {
	r, u := &Run{Layout: measuring()}, second(0, Vitals{
		KernelJitter: Read(2 * time.Second), StallCPU: Read(milli), Machine: MachineVitals{Steal: Read(0.03)},
	})
	u.Window.Agents[0].Lost = 3
	want := []string{
		"3 requests could not be recorded",
		"the machine gave it no core for 2s; meanwhile it stood still for 2s, stopped or suspended: it used no CPU time, the hypervisor gave 3 % of the cores to others",
		"the hypervisor gave 3 % of the machine's cores to others",
	}
	if got := JudgeWindow(r, u.Window, &u.Window.Agents[0]).Reasons; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// TestFiguresStandInOneBracket: when it was, and by how much.
func TestFiguresStandInOneBracket(t *testing.T) {
	r := &Run{}
	r.Apply(Update{Started: &Started{Layout: measuring()}})
	for i := range int64(16) {
		u := second(i, Vitals{})
		u.Window.Agents[0].Arrivals = []ArrivalTest{{N: 1000, Bins: 100, Due: 1000, D: 0.05, Dispersion: 1}}
		if i == 8 || i == 9 {
			u.Window.Agents[0].Arrivals[0].D, u.Window.Agents[0].Arrivals[0].Dispersion = 0.517, 198.38
		}
		r.Apply(u)
	}
	const says, figures = "its arrivals were not spread as the schedule says ", "p < 1e-12, distance 0.52, dispersion 198.4)"
	if got, want := strings.Join(r.Validity.Reasons, "\n"), "agent a-1: "+says+"(in 2 of 16 seconds, worst at 8s: "+figures; got != want {
		t.Errorf("of the run: %s", got)
	}
	w := &r.Windows[8]
	if got := strings.Join(JudgeWindow(r, w, &w.Agents[0]).Reasons, "\n"); got != says+"("+figures {
		t.Errorf("of a second: %s", got)
	}
}
