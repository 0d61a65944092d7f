package stats

import (
	"strings"
	"testing"
	"time"
)

const milli = time.Millisecond

// TestVitalsOfAWindow: what each reading means for a window, and that what is not known
// or harmless means nothing.
func TestVitalsOfAWindow(t *testing.T) {
	many := MachineVitals{Segments: Read[uint64](10_000), Packets: Read[uint64](10_000)}
	lost := func(again, drops, full uint64) MachineVitals {
		m := many
		m.Retransmitted, m.Drops, m.ListenDrops = Read(again), Read(drops), Read(full)
		return m
	}
	for name, c := range map[string]struct {
		v       Vitals
		verdict string
		reason  string
	}{
		"nothing known":      {Vitals{}, Valid, ""},
		"a calm window":      {Vitals{KernelJitter: Read(4 * milli), GoJitter: Read(4 * milli), SchedP99: Read(9 * milli), GCShare: Read(0.02), Throttled: Read[uint64](0), Machine: lost(0, 0, 0)}, Valid, ""},
		"kernel, slight":     {Vitals{KernelJitter: Read(6 * milli)}, Degraded, "the machine gave it no core for 6ms"},
		"kernel, grave":      {Vitals{KernelJitter: Read(34*milli + 41_234)}, Invalid, "the machine gave it no core for 34ms"},
		"Go":                 {Vitals{GoJitter: Read(21 * milli)}, Valid, ""},
		"collection":         {Vitals{GCShare: Read(0.12)}, Degraded, "Go's garbage collection took 12 % of its CPU time"},
		"steal":              {Vitals{Machine: MachineVitals{Steal: Read(0.14)}}, Degraded, "the hypervisor gave 14 % of the machine's cores to others"},
		"throttled":          {Vitals{Throttled: Read[uint64](1), ThrottledFor: Read(80 * milli)}, Degraded, "its control group had used up its CPU quota and was throttled, for 80ms over all cores"},
		"all cores busy":     {Vitals{Machine: MachineVitals{BusiestCore: Read(1.0), Busy: Read(2.0), Cores: Read[uint64](2), Pressure: Read(1.0)}}, Valid, ""},
		"dropped packets":    {Vitals{Machine: lost(0, 20, 0)}, Degraded, "network interfaces of the machine dropped 0.2 % of their packets"},
		"sent again":         {Vitals{Machine: lost(400, 0, 0)}, Degraded, "4 % of the machine's TCP segments had to be sent again, which the network or the target lost"},
		"few of few":         {Vitals{Machine: MachineVitals{Segments: Read[uint64](20), Retransmitted: Read[uint64](3)}}, Valid, ""},
		"the target is full": {Vitals{Machine: lost(400, 0, 395)}, Valid, ""},
	} {
		w := second(0, c.v).Window
		got := JudgeWindow(&Run{Layout: measuring()}, w, &w.Agents[0])
		if reason := strings.Join(got.Reasons, " | "); got.Verdict != c.verdict || reason != c.reason {
			t.Errorf("%s: %s, %q", name, got.Verdict, reason)
		}
	}
}

// measuring is the layout of one recorded phase, in which second measures.
func measuring() *Layout { return &Layout{Phases: []PhaseKey{{Recorded: true}}} }

// second is a window of one agent with these vitals.
func second(index int64, v Vitals) Update {
	return Update{Window: &Window{Index: index, Merged: &Snapshot{Phases: []PhaseStats{{IterIntended: 9}}}, Agents: []AgentWindow{{Name: "a-1", Host: "h", CPU: 100 * milli, Vitals: v}}}}
}

// TestAStoppedAgentSpoilsARun: it reports one window in which it stood still for two
// seconds. Once for 30 ms is not enough.
func TestAStoppedAgentSpoilsARun(t *testing.T) {
	for name, c := range map[string]struct {
		v       Vitals
		verdict string
		reasons []string
	}{
		"stopped for 2 s": {Vitals{KernelJitter: Read(1993 * milli), StallCPU: Read(2 * milli)}, Invalid, []string{
			"agent a-1: the machine gave it no core for 1.99s (in 2 of 60 seconds, worst at 30s); meanwhile it stood still for 1.99s, stopped or suspended: it used no CPU time",
		}},
		"late once": {Vitals{KernelJitter: Read(30 * milli), StallCPU: Read(30 * milli)}, Degraded, []string{
			"agent a-1: the machine gave it no core for 30ms (at 30s)",
		}},
	} {
		r := &Run{}
		r.Apply(Update{Started: &Started{Layout: measuring()}})
		for i := range int64(60) {
			v := Vitals{KernelJitter: Read(milli)}
			if i == 30 {
				v = c.v
			}
			r.Apply(second(i, v))
		}
		if r.Validity.Verdict != c.verdict || strings.Join(r.Validity.Reasons, "\n") != strings.Join(c.reasons, "\n") {
			t.Errorf("%s: %s\n%s", name, r.Validity.Verdict, strings.Join(r.Validity.Reasons, "\n"))
		}
	}
}

// TestRequestsInTimeSayMoreThanABeat: where lag shows that loops had their core, that another
// thread had none for a while degrades nothing. It spoils all the same where it is longer than 20 ms.
func TestRequestsInTimeSayMoreThanABeat(t *testing.T) {
	r := &Run{Info: Info{Tick: milli}, Layout: measuring()}
	for _, c := range []struct {
		requests  int
		lag, late time.Duration
		want      string
	}{
		{0, 0, 14 * milli, Degraded}, {20, 0, 14 * milli, Degraded}, {150, milli / 5, 14 * milli, Valid},
		{150, 2 * milli, 14 * milli, Degraded}, {150, milli / 5, 24 * milli, Invalid},
	} {
		a := AgentWindow{PacerLag: &Histogram{}, Vitals: Vitals{KernelJitter: Read(c.late)}}
		for range c.requests {
			a.PacerLag.Record(c.lag)
		}
		if got := JudgeWindow(r, second(0, Vitals{}).Window, &a); got.Verdict != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// TestJitterWhereNothingIsTimed: a run that only holds connections is judged by what its
// heartbeats could suffer from.
func TestJitterWhereNothingIsTimed(t *testing.T) {
	r := &Run{Info: Info{Beat: 24 * time.Second}, Layout: measuring()}
	for late, want := range map[time.Duration]string{45 * milli: Valid, 300 * milli: Degraded, 2 * time.Second: Invalid} {
		a := AgentWindow{Vitals: Vitals{KernelJitter: Read(late)}}
		if got := JudgeWindow(r, second(0, Vitals{}).Window, &a); got.Verdict != want {
			t.Errorf("%v: %+v", late, got)
		}
	}
}
