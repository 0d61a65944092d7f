package stats

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWhatHappenedMeanwhile: what explains that a generator was late.
func TestWhatHappenedMeanwhile(t *testing.T) {
	busy := func(all float64) MachineVitals {
		return MachineVitals{Cores: Read[uint64](2), Busy: Read(all), BusiestCore: Read(0.99)}
	}
	for name, c := range map[string]struct {
		v   Vitals
		own time.Duration // CPU time of the agent
		why string
	}{
		"nothing is known": {Vitals{}, 0, ""},
		"nothing happened": {Vitals{KernelJitter: Read(30 * milli), StallCPU: Read(time.Duration(0)), Machine: MachineVitals{Cores: Read[uint64](2), Busy: Read(0.4), BusiestCore: Read(0.3), Steal: Read(0.0)}}, 0, ""},
		"stopped":          {Vitals{KernelJitter: Read(2 * time.Second), StallCPU: Read(3 * milli)}, 0, "it stood still for 2s, stopped or suspended: it used no CPU time"},
		"a long wait":      {Vitals{KernelJitter: Read(2 * time.Second), StallCPU: Read(900 * milli)}, 0, ""},
		"throttled":        {Vitals{Throttled: Read[uint64](9), ThrottledFor: Read(1200 * milli), KernelJitter: Read(time.Second), StallCPU: Read(time.Duration(0))}, 0, "its control group was throttled, for 1.2s over all cores"},
		"steal":            {Vitals{Machine: MachineVitals{Steal: Read(0.14)}}, 0, "the hypervisor gave 14 % of the cores to others"},
		"a hog":            {Vitals{Machine: busy(2)}, 200 * milli, "programs other than agents kept 1.8 of 2 cores busy"},
		"itself":           {Vitals{Machine: busy(1.2)}, time.Second, "a core was busy for 99 % of the time"},
		"interrupts":       {Vitals{Machine: MachineVitals{SoftIRQ: Read(0.8)}}, 0, "the kernel's network work took 80 % of a core"},
		"Go alone":         {Vitals{GoJitter: Read(30 * milli), SchedP99: Read(8 * milli)}, 0, "Go kept a goroutine waiting for 30ms"},
		"steal and a hog": {Vitals{GCShare: Read(0.3), Machine: MachineVitals{Cores: Read[uint64](1), Busy: Read(0.96), BusiestCore: Read(0.96), Steal: Read(0.04)}}, 0,
			"the hypervisor gave 4 % of the cores to others, programs other than agents kept 1.0 of 1 cores busy, Go's garbage collection took 30 % of its CPU time"},
	} {
		var m meanwhile
		w := &Window{Agents: []AgentWindow{{Name: "a-1", Host: "h", CPU: c.own, Vitals: c.v}}}
		m.look(&Run{}, w, 0, "a-1")
		if got := strings.TrimPrefix(m.String(), "; meanwhile "); got != c.why {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestMeanwhileLooksBack: requests that fell due while a generator stood still are late in
// the second in which it goes on; that it stood still was told of the one in which it stopped.
func TestMeanwhileLooksBack(t *testing.T) {
	r := &Run{Layout: &Layout{Phases: []PhaseKey{{Recorded: true}}}, Info: Info{Tick: milli}}
	late := &Histogram{}
	for range 100 {
		late.Record(1900 * milli)
	}
	stopped := Vitals{KernelJitter: Read(1990 * milli), StallCPU: Read(milli), Throttled: Read[uint64](1), ThrottledFor: Read(milli)}
	for i, v := range []Vitals{{}, {}, stopped, {}, {}, {}} {
		u := second(int64(i), v)
		if i == 4 || i == 5 {
			u.Window.Merged = &Snapshot{Phases: []PhaseStats{{PacerLag: late}}}
		}
		r.window(u.Window)
	}
	if got := r.lag.meanwhile.vitals; got != stopped {
		t.Errorf("saw %+v, once", got)
	}
}

// TestOthersAreNotOurAgents: what all agents of a machine use is not what others do.
func TestOthersAreNotOurAgents(t *testing.T) {
	v := Vitals{Machine: MachineVitals{Cores: Read[uint64](4), Busy: Read(3.0), BusiestCore: Read(1.0)}}
	w := &Window{Agents: []AgentWindow{
		{Name: "a-1", Host: "a", CPU: time.Second, Vitals: v}, {Name: "a-2", Host: "a", CPU: time.Second, Vitals: v}, {Name: "b-1", Host: "b", CPU: time.Second},
	}}
	var m meanwhile
	if m.look(&Run{}, w, 0, ""); m.foreign != Read(1.0) {
		t.Errorf("%+v", m.foreign)
	}
}

// TestWhyIsToldOnce: one disturbance makes several checks find something, and is read once.
// What is kept has it behind each of them.
func TestWhyIsToldOnce(t *testing.T) {
	v := Validity{Reasons: []string{
		"late; meanwhile a core was busy for 99 % of the time", "no core", "uneven; meanwhile a core was busy for 99 % of the time",
		"again; meanwhile a core was busy for 98 % of the time",
	}}
	kept := slices.Clone(v.Reasons)
	want := []string{kept[0], "no core", "uneven", kept[3]}
	if got := v.Told(); !slices.Equal(got, want) || !slices.Equal(v.Reasons, kept) {
		t.Errorf("%q, kept %q", got, v.Reasons)
	}
	if got := (Validity{}).Told(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
