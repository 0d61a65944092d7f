package view

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestVitalsInFiles: what is not known is absent, what is known to be 0 is there.
func TestVitalsInFiles(t *testing.T) {
	v := stats.Vitals{
		KernelJitter: stats.Read(1500 * time.Microsecond), Throttled: stats.Read(uint64(0)),
		Machine: stats.MachineVitals{Steal: stats.Read(1.0 / 3), Drops: stats.Read(uint64(2))},
	}
	b, err := json.Marshal(SummaryAgent{Vitals: SummaryOf(&v)}.Vitals)
	if want := `{"kernel_jitter_ms":1.5,"throttled":0,"machine":{"steal":0.333333,"packets_dropped":2}}`; err != nil || string(b) != want {
		t.Errorf("%s, want %s (%v)", b, want, err)
	}
}

// TestVitalsOfAgents: the report has the worst second of each agent, the dashboard the
// worst of those it shows and the verdict of the newest.
func TestVitalsOfAgents(t *testing.T) {
	r := &stats.Run{}
	r.Apply(stats.Update{Started: &stats.Started{Layout: &stats.Layout{Phases: []stats.PhaseKey{{Recorded: true}}}}})
	measured := &stats.Snapshot{Phases: []stats.PhaseStats{{IterIntended: 9}}}
	for i, jitter := range []time.Duration{40, 3, 7} {
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(i), Merged: measured, Agents: []stats.AgentWindow{
			{Name: "a-1", Vitals: stats.Vitals{KernelJitter: stats.Read(jitter * time.Millisecond)}}, {Name: "a-2"},
		}}})
	}
	if got := VitalsOf(r.Windows, "a-1").KernelJitter; got != stats.Read(40*time.Millisecond) {
		t.Errorf("worst of all %+v", got)
	}
	for _, a := range liveAgents(r, r.Windows[1:]) {
		want, jitter := stats.Degraded, stats.Read(7*time.Millisecond)
		if a.Name == "a-2" {
			want, jitter = stats.Valid, stats.Reading[time.Duration]{}
		}
		if a.Validity.Verdict != want || a.Vitals.KernelJitter != jitter {
			t.Errorf("%s: %+v, %+v", a.Name, a.Validity, a.Vitals.KernelJitter)
		}
	}
}
