package runfile

import (
	"reflect"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/stats"
)

// TestArrivalsAreKept, and those that cannot be are refused: they would be judged.
func TestArrivalsAreKept(t *testing.T) {
	layout := &stats.Layout{Phases: []stats.PhaseKey{{Name: "load", Recorded: true}}}
	test := stats.ArrivalTest{Due: 1000, Overdue: 3, N: 997, D: 0.02, Steepest: 1, Dispersion: 0.97, Bins: 100, MaxGap: 7e6}
	window := func(a stats.ArrivalTest) stats.Update {
		return stats.Update{Window: &stats.Window{Merged: &stats.Snapshot{}, Agents: []stats.AgentWindow{{Name: "a", Arrivals: []stats.ArrivalTest{a}}}}}
	}
	line, err := encode(window(test))
	if err != nil {
		t.Fatal(err)
	}
	back, err := decode(line, layout)
	if err != nil || !reflect.DeepEqual(back.Window.Agents[0].Arrivals, []stats.ArrivalTest{test}) {
		t.Fatalf("came back as %+v, %v", back.Window, err)
	}
	for _, spoil := range []func(*stats.ArrivalTest){
		func(a *stats.ArrivalTest) { a.Dispersion = -1 },
		func(a *stats.ArrivalTest) { a.D = 2 },
		func(a *stats.ArrivalTest) { a.Overdue = 1001 },
		func(a *stats.ArrivalTest) { a.Bins = -1 },
		func(a *stats.ArrivalTest) { a.Gap = -1 },
	} {
		bad := test
		spoil(&bad)
		line, err := encode(window(bad))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(line, layout); err == nil || !strings.Contains(err.Error(), "agent a") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	extreme := stats.ArrivalTest{Due: 1<<64 - 1, N: 1<<64 - 1, D: 1, Steepest: stats.ArrivalCells, Dispersion: 1e18, Bins: stats.ArrivalCells, MaxGap: 1<<63 - 1, Gap: 1<<63 - 1}
	r := &stats.Run{}
	r.Apply(stats.Update{Started: &stats.Started{Layout: layout}})
	r.Apply(window(extreme))
}
