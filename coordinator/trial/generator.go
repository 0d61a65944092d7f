package trial

import (
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// busyAgent is the share of a core from which an agent has its hands full, and busyAgents that of all
// cores from which all of them together have.
const (
	busyAgent  = 0.8
	busyAgents = 0.6
)

// atItsLimit says whether the generator that spoilt a trial did so by its own load: it ran out of
// something, or its agents were busy. One that was late because other programs took the machine
// may do better the next time.
func atItsLimit(r *stats.Run) bool {
	if slices.ContainsFunc(r.Events, func(e stats.Event) bool { return e.Kind == "generator" && e.Level == stats.Severe }) {
		return true
	}
	busy, n := 0, 0
	for i := range r.Windows {
		if w := &r.Windows[i]; len(w.Agents) > 0 && recordedAt(r, w.End()) {
			n++
			if handsFull(w) {
				busy++
			}
		}
	}
	return 2*busy > n
}

func handsFull(w *stats.Window) bool {
	length := (w.End() - w.Begin()).Seconds()
	all, most, cores := 0.0, 0.0, 0.0
	for i := range w.Agents {
		a := &w.Agents[i]
		used := a.CPU.Seconds() / max(length, 0.1)
		all, most = all+used, max(most, used)
		if c := a.Vitals.Machine.Cores; c.Known {
			cores = max(cores, float64(c.Value))
		}
	}
	return most >= busyAgent || cores > 0 && all >= busyAgents*cores
}
