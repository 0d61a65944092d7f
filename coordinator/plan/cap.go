package plan

import (
	"fmt"

	"github.com/loadctl/loadctl/scenarios"
)

// capOf is the smallest of the numbers that are split over the loops, max_vus of open
// phases and the max of pools, and whose it is; 0 without one.
func capOf(s *scenarios.Scenario) (least int, phase string, pool bool) {
	for i := range s.Phases {
		p := &s.Phases[i]
		if p.Executor.Open() && p.MaxVUs > 0 && (least == 0 || p.MaxVUs < least) {
			least, phase, pool = p.MaxVUs, p.Name, false
		}
		if p.Pool.Max > 0 && (least == 0 || p.Pool.Max < least) {
			least, phase, pool = p.Pool.Max, p.Name, true
		}
	}
	return least, phase, pool
}

// capKey is what the cap is called in the file.
func (n Need) capKey() string {
	if n.PoolCap {
		return "pool.max"
	}
	return "max_vus"
}

// within lowers a count of agents or loops, where one more means each more loops, so
// that every loop has a part of the cap; to one at least.
func (n Need) within(count, each int) int {
	if n.MaxVUs == 0 {
		return count
	}
	return min(count, max(1, n.MaxVUs/max(each, 1)))
}

// capped refuses more loops than the cap has parts. Shares are residue classes
// counted through the agents and then through the loops of each, so as many keys as
// there are loops leave none without; and a loop only ever takes over more.
func capped(n Need, w Wish, machines []Machine, places []Place) error {
	agents, loops := 0, 0
	for _, p := range places {
		agents, loops = agents+p.Agents, max(loops, p.Loops)
	}
	if n.MaxVUs == 0 || agents*loops <= n.MaxVUs {
		return nil
	}
	text := times(agents, "agent")
	if loops > 1 {
		text += " × " + times(loops, "loop")
	}
	return refuse(UsersCap, "%s: %d of phase %s is less than the %s %s: every loop needs at least one; %s",
		n.capKey(), n.MaxVUs, n.Capped, text, whyThatMany(n, w, machines), n.remedy(w, machines, agents, loops))
}

// whyThatMany says what the number of loops comes from.
func whyThatMany(n Need, w Wish, machines []Machine) string {
	switch {
	case w != Wish{}:
		return "asked for"
	case fewestAgents(n, machines) > len(machines):
		return "that " + times(n.Connections, "connection") + " take"
	}
	return "that " + times(len(machines), "machine") + " run"
}

// remedy is what to do about it: fewer of what was asked for, where that is enough.
func (n Need) remedy(w Wish, machines []Machine, agents, loops int) string {
	raise := "raise " + n.capKey() + " to " + Thousands(agents*loops)
	least := fewestAgents(n, machines)
	switch {
	case w != Wish{} && least <= n.MaxVUs:
		fewer := max(least, min(agents, n.MaxVUs))
		return fmt.Sprintf("use --agents %d --loops %d, or %s", fewer, min(loops, n.MaxVUs/fewer), raise)
	case least > len(machines):
		return raise + ", or the limit of open files (ulimit -n)"
	}
	return raise
}

// fewestAgents is how few agents can hold the connections, all machines taking part.
func fewestAgents(n Need, machines []Machine) int {
	hosts := len(machines)
	return hosts * max(1, agentsFor(n, leastPerAgent(machines), hosts))
}

// more is what to do about too few agents.
func (n Need) more(w Wish) string {
	if w.Agents > 0 {
		return fmt.Sprintf("use --agents %d, or lower agents.min", n.Agents)
	}
	return fmt.Sprintf("raise %s of phase %s to %d, or lower agents.min", n.capKey(), n.Capped, n.Agents)
}

// times writes 2 as "2 agents".
func times(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Thousands(n) + " " + what + "s"
}
