package workers

import "time"

// A Worker is one process of a group.
type Worker struct {
	PID        int
	Slot       int // where it counts
	Place      int
	Generation int // how often a reload had been asked for when it was started
	State      State
	Age        time.Duration
}

// Scale asks for n workers, of 1 or more. Those beyond finish what they have, and what
// waits for them.
func (g *Group) Scale(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n = max(1, n); n != g.roster.want {
		g.cfg.Log.Info("another number of workers", "kind", g.cfg.Name, "workers", n, "before", g.roster.want)
	}
	g.roster.want = n
	g.nudge()
}

// Wanted is how many workers were asked for.
func (g *Group) Wanted() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.roster.want
}

// Reload replaces all workers by new ones, one after the other: each new one is ready
// before the old one is asked to finish.
func (g *Group) Reload() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roster.current++
	g.cfg.Log.Info("reload", "kind", g.cfg.Name, "generation", g.roster.current)
	g.nudge()
}

// Hurry kills the workers of a group whose end has begun.
func (g *Group) Hurry() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.roster.ending {
		g.end(true)
	}
}

// List are all processes, in the order in which they were started.
func (g *Group) List() (all []Worker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.roster.members {
		all = append(all, Worker{PID: m.pid(), Slot: m.slot, Place: m.place, Generation: m.generation, State: m.state, Age: g.now() - m.born})
	}
	return all
}
