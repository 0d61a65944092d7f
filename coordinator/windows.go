package coordinator

import (
	"slices"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/stats"
)

// windows holds what hosts handed in until a window is closed.
type windows struct {
	open   map[int64]*stats.Window
	closed int64 // windows below are closed
}

// add merges what one host did in a window, false if the window is closed.
func (w *windows) add(merged *stats.Snapshot, agents []stats.AgentWindow) bool {
	if merged.Window < w.closed {
		return false
	}
	if w.open == nil {
		w.open = map[int64]*stats.Window{}
	}
	into := w.open[merged.Window]
	if into == nil {
		w.open[merged.Window] = &stats.Window{Index: merged.Window, Merged: merged, Agents: agents}
		return true
	}
	into.Merged.Merge(merged)
	into.Agents = append(into.Agents, agents...)
	return true
}

// close gives a window and forgets it. One that nobody handed in is empty: the
// run has no holes.
func (w *windows) close(index int64, l *stats.Layout) *stats.Window {
	w.closed = max(w.closed, index+1)
	closed := w.open[index]
	delete(w.open, index)
	if closed == nil {
		closed = &stats.Window{Index: index, Merged: &stats.Snapshot{
			Window: index, Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, len(l.Phases)),
		}}
	}
	return closed
}

// complete adds the agents that are not in the window, with their state, so
// that whoever reads it sees them missing; and puts all in the fleet's order.
func complete(w *stats.Window, f *fleet.Fleet) {
	all := f.Agents()
	order := make(map[string]int, len(all))
	for i, a := range all {
		order[a.Name] = i
		if !slices.ContainsFunc(w.Agents, func(x stats.AgentWindow) bool { return x.Name == a.Name }) {
			w.Agents = append(w.Agents, stats.AgentWindow{Name: a.Name, Host: a.Host, State: missingState(a)})
		}
	}
	slices.SortStableFunc(w.Agents, func(a, b stats.AgentWindow) int { return order[a.Name] - order[b.Name] })
}

func missingState(a *fleet.Agent) string {
	if a.State == fleet.Lost {
		return "lost"
	}
	return "late"
}
