package coordinator

import (
	"slices"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/stats"
)

// windows holds what hosts handed in until a window is closed.
type windows struct {
	open   map[int64]*gathering
	closed int64 // windows below are closed
}

// A gathering is a window that is not closed.
type gathering struct {
	merged stats.SnapshotSum
	agents []stats.AgentWindow
}

func (w *windows) isClosed(index int64) bool { return index < w.closed }

// add merges what one host did in a window that is not closed, and takes it over.
func (w *windows) add(merged *stats.Snapshot, agents []stats.AgentWindow) {
	if w.open == nil {
		w.open = map[int64]*gathering{}
	}
	into := w.open[merged.Window]
	if into == nil {
		into = &gathering{}
		w.open[merged.Window] = into
	}
	into.merged.Add(merged)
	into.agents = append(into.agents, agents...)
}

// close gives a window and forgets it. One that nobody handed in is empty: the
// run has no holes.
func (w *windows) close(index int64, l *stats.Layout) *stats.Window {
	w.closed = max(w.closed, index+1)
	closed := w.open[index]
	delete(w.open, index)
	if closed == nil {
		return &stats.Window{Index: index, Merged: &stats.Snapshot{
			Window: index, Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, len(l.Phases)),
		}}
	}
	return &stats.Window{Index: index, Merged: closed.merged.Snapshot(), Agents: slices.Clip(closed.agents)}
}

// complete adds the agents that are not in the window, with their state, so
// that whoever reads it sees them missing; and puts all in the fleet's order.
func complete(w *stats.Window, f *fleet.Fleet) {
	all := f.Agents()
	order, there := make(map[string]int, len(all)), make(map[string]bool, len(all))
	for i := range w.Agents {
		there[w.Agents[i].Name] = true
	}
	for i, a := range all {
		order[a.Name] = i
		if !there[a.Name] {
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
