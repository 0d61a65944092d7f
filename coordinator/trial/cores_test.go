package trial

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

func watchedRun() *stats.Run {
	r := &stats.Run{Layout: &stats.Layout{Phases: []stats.PhaseKey{{Name: "settle"}, {Name: "level", Recorded: true}}}}
	r.Spans = []stats.Span{{Begin: 0, End: 5 * time.Second}, {Begin: 2 * time.Second, End: 5 * time.Second}}
	return r
}

// TestCoresAreThoseOfTheTargetWhileLoadWasRecorded, in the mean, gaps left out; processes that a
// machine's monitor watches count where no target tells of itself.
func TestCoresAreThoseOfTheTargetWhileLoadWasRecorded(t *testing.T) {
	r := watchedRun()
	if got := cores(r); got != 0 {
		t.Errorf("nobody told, and it is %v", got)
	}
	times := []stats.Offset{1 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second}
	r.Monitors = []stats.Monitor{{Name: "machine", Times: times,
		Series: []stats.MonitorSeries{{Name: "cpu.busy", Chart: "CPU", Unit: "cores"}, {Name: "app.cpu", Chart: "CPU of processes", Unit: "cores"}},
		Values: [][]float64{{9, 9, 9, 9, 9}, {9, 1, math.NaN(), 3, 9}}}}
	if got := cores(r); got != 2 {
		t.Errorf("of processes %v", got)
	}
	r.Monitors = append(r.Monitors, stats.Monitor{Name: "target", Times: times, Series: []stats.MonitorSeries{{Name: "process.cpu_s", Unit: "cores"}}, Values: [][]float64{{9, 0.5, 0.5, 0.5, 9}}})
	if got := cores(r); got != 0.5 {
		t.Errorf("of the target %v", got)
	}
}

// TestADisturbedGeneratorIsNotAtItsLimit: others took the machine, and may not the next time.
func TestADisturbedGeneratorIsNotAtItsLimit(t *testing.T) {
	r := watchedRun()
	agents := func(cpu time.Duration) (all []stats.AgentWindow) {
		for _, name := range []string{"local-1", "local-2"} {
			a := stats.AgentWindow{Name: name, CPU: cpu}
			a.Vitals.Machine.Cores = stats.Read(uint64(2))
			all = append(all, a)
		}
		return all
	}
	for _, c := range []struct {
		cpu  time.Duration
		want bool
	}{{50 * time.Millisecond, false}, {650 * time.Millisecond, true}, {950 * time.Millisecond, true}} {
		r.Windows = nil
		for i := range int64(5) {
			r.Windows = append(r.Windows, stats.Window{Index: i, Agents: agents(c.cpu)})
		}
		if got := atItsLimit(r); got != c.want {
			t.Errorf("agents of %s a second each: %v", c.cpu, got)
		}
	}
	r.Windows = nil
	r.Events = []stats.Event{{Kind: "generator", Level: stats.Severe, Text: "local-1: out of files"}}
	if !atItsLimit(r) {
		t.Error("out of files, and not at its limit")
	}
}
