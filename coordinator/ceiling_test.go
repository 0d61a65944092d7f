package coordinator

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// TestARunIsHeldAgainstItsCeiling: one that leaves its machine no room is degraded, and
// passes.
func TestARunIsHeldAgainstItsCeiling(t *testing.T) {
	for ceiling, want := range map[float64]string{0: stats.Valid, 10.5: stats.Degraded, 1000: stats.Valid} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t, scenarioText, &fakeHost{name: "a"})
			w.cfg.Ceiling = ceiling
			w.go_(t.Context()).want("pass", 0)
			if got := w.run.Validity; got.Verdict != want || want == stats.Degraded && !strings.Contains(got.Reasons[0], "at most 11 of these requests a second, and this run asks for 10") {
				t.Errorf("ceiling %v: %+v", ceiling, got)
			}
		})
	}
}

// TestAgentsKnowTheirPorts: agents of a machine share those of the one address that it
// connects from; a port on loopback may be taken again after a second.
func TestAgentsKnowTheirPorts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a"}
		w := newWorld(t, scenarioText, h)
		w.cfg.Agents = 2
		w.go_(t.Context()).want("pass", 0)
		for _, a := range h.prepared.GetAgents() {
			if a.GetPorts() != 28_232/2 || time.Duration(a.GetPortsKeptNs()) != time.Second {
				t.Errorf("%v, want half of 28,232 ports, each kept for 1 s", a)
			}
		}
	})
}

// TestATrialAimsAtTheNullTarget, and hosts make of the file what the coordinator did.
func TestATrialAimsAtTheNullTarget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a"}
		w := newWorld(t, scenarioText, h)
		trial := scenarios.Trial{BaseURL: "http://127.0.0.1:9", Rate: 40, MaxVUs: 8, Length: 2 * time.Second}
		s, err := scenarios.Parse("t.yaml", []byte(scenarioText), scenarios.Options{BaseURL: "http://10.0.0.1", Trial: &trial})
		if err != nil {
			t.Fatal(err)
		}
		w.cfg.Scenario, w.cfg.BaseURL, h.scenario = s, "http://10.0.0.1", s
		w.go_(t.Context()).want("pass", 0)
		if got := h.prepared.GetAddresses(); !slices.Equal(got, []string{"127.0.0.1:9"}) || w.run.Info.Target != trial.BaseURL {
			t.Errorf("aimed at %v, told of %s", got, w.run.Info.Target)
		}
		again, err := scenarios.Parse("t.yaml", h.prepared.GetSource(), wire.DecodeOptions(h.prepared))
		if err != nil || !reflect.DeepEqual(again.Target, s.Target) || again.Phases[0].Profile.Peak() != 40 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}
