// Package plan is the arithmetic of a run before it begins: how many agents and
// loops, which source addresses, whether a machine can hold what is asked of
// it, and whether a target may be loaded at all. It computes from figures it is
// given; it looks at no machine, resolves no name and sends no packet.
package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/loadctl/loadctl/scenarios"
)

// A Machine is what a host can hold. Zero figures are unknown and limit nothing.
type Machine struct {
	Name              string
	OS                string // as runtime.GOOS
	Cores             int
	MaxFiles          uint64 // one process may open
	MemoryBytes       uint64
	PortLow, PortHigh int    // ephemeral ports, both included
	Reserved          string // ports of the range that nobody is given: net.ipv4.ip_local_reserved_ports
	TwReuse           Figure // net.ipv4.tcp_tw_reuse
}

// A Need is what a scenario asks of the generator.
type Need struct {
	Connections int     // open at once, at most
	Busy        int     // of them with a request under way at once, at most
	Rate        float64 // iterations a second of open load, at most
	Work        Work    // of a second, at most
	Eager       bool    // closed users who do not pause before each request: they take what they get
	MaxVUs      int     // the smallest cap that is split over all loops: on iterations in flight, or a pool's; 0 = none
	PoolCap     bool    // it is a pool's
	Capped      string  // the phase it is of
	TLS         bool    // each connection keeps the state of its encryption
	Agents      int     // fewer are worth nothing (agents.min); 0 = no claim
	Closed      Closed
}

// NeedOf sums up what a scenario asks for.
func NeedOf(s *scenarios.Scenario) Need {
	n := Need{
		Connections: s.MaxConnections(), Busy: s.MaxBusy(), Rate: s.PeakRate(), Work: workOf(s), Agents: s.Agents.Min, TLS: s.Target.TLS != nil,
		Closed: Closed{s.ClosedFirst(keptLong), s.ClosedFirst(keptShort)},
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		closed := p.Executor == scenarios.ConstantVUs || p.Executor == scenarios.RampingVUs
		n.Eager = n.Eager || closed && !pauses(s, p.User)
	}
	n.MaxVUs, n.Capped, n.PoolCap = capOf(s)
	return n
}

// pauses says whether a user waits between iterations, or thinks before every
// request of every task it runs. Less than that may leave a loop no rest: a user
// who thinks once among many requests is taken for an eager one.
func pauses(s *scenarios.Scenario, user int) bool {
	if user < 0 || user >= len(s.Users) {
		return true
	}
	u := &s.Users[user]
	if lasts(u.Wait) {
		return true
	}
	for i := range u.Tasks {
		if t := &u.Tasks[i]; t.Weight > 0 && slices.ContainsFunc(t.Steps, hurries) {
			return false
		}
	}
	return true
}

func hurries(s scenarios.Step) bool { return !lasts(s.Think) }

// lasts says whether a pause is one: a wait of 0s may stand in a file.
func lasts(w scenarios.Wait) bool { return w.Kind != scenarios.NoWait && max(w.Min, w.Max) > 0 }

// Figures one agent or loop is planned with. What a loop can do is several
// times this: the margin is what keeps the generator out of its own numbers.
const (
	fewest             = 2   // agents, so that a run never hangs on one process; max_vus: 1 is for one
	filesMargin        = 200 // files of an agent that are not connections
	connectionsPerLoop = 25_000
	mostAgents         = 256     // on one machine; more would not start in time
	connectionMemory   = 5 << 10 // bytes of one end of an idle connection, the kernel's 4.5 KiB included
	agentMemory        = 24 << 20
)

// A Wish is what the user asked for; zero means by the figures.
type Wish struct{ Agents, Loops int }

// A Place is the agents of one host.
type Place struct {
	Agents, Loops int // processes, and loops of each
	// Connections each agent may come to hold.
	Connections int
	Closed      Closed
	TLS         bool // of them
}

// Fit says how many agents and loops a run takes on each machine, which share
// the load evenly; never more loops than max_vus has users. A load that does not
// fit is refused, with the figures and what would make it fit.
func Fit(n Need, w Wish, machines []Machine) ([]Place, error) {
	if len(machines) == 0 {
		return nil, refuse(Machines, "no machine to run agents on")
	}
	places := make([]Place, len(machines))
	per, total := leastPerAgent(machines), 0
	for i := range machines {
		places[i].Agents = agentsOn(n, w, per, len(machines), i)
		total += places[i].Agents
	}
	for i, m := range machines {
		p := &places[i]
		p.Connections, p.Closed = ceilDiv(n.Connections, total), n.Closed.each(total)
		p.TLS = n.TLS
		p.Loops = loopsFor(n, w, m, total, p.Agents)
	}
	if err := capped(n, w, machines, places); err != nil {
		return nil, err
	}
	if total < n.Agents {
		return nil, refuse(AgentsMin, "agents.min: %s would run, and fewer than %d are worth nothing to this scenario; %s",
			times(total, "agent"), n.Agents, n.more(w))
	}
	for i, m := range machines {
		if err := fits(n, places[i], m, total); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// agentsOn is how many agents machine i of hosts runs, where one may hold per
// connections.
func agentsOn(n Need, w Wish, per, hosts, i int) int {
	if w.Agents > 0 {
		return max(1, (w.Agents+hosts-1-i)/hosts)
	}
	count := n.within(ceilDiv(max(fewest, n.Agents), hosts), hosts*max(w.Loops, 1))
	return max(count, agentsFor(n, per, hosts))
}

// agentsFor is how many agents each of hosts needs for its connections.
func agentsFor(n Need, per, hosts int) int {
	if per <= 0 {
		return 0
	}
	return ceilDiv(ceilDiv(n.Connections, hosts), per)
}

// perAgent is how many connections one agent process can hold, 0 if unknown.
func perAgent(m Machine) int {
	if m.MaxFiles == 0 {
		return 0
	}
	return max(1, int(min(m.MaxFiles, math.MaxInt32))-filesMargin)
}

// leastPerAgent is how many connections an agent can hold on any of the machines,
// 0 if unknown: all get an equal share, so the strictest machine decides.
func leastPerAgent(machines []Machine) (least int) {
	for _, m := range machines {
		if per := perAgent(m); per > 0 && (least == 0 || per < least) {
			least = per
		}
	}
	return least
}

func loopsFor(n Need, w Wish, m Machine, total, here int) int {
	if w.Loops > 0 {
		return w.Loops
	}
	return n.within(loopsByLoad(n, m, total, here), total)
}

// loopsByLoad is how many loops an agent has for what it does, and cores for.
func loopsByLoad(n Need, m Machine, total, here int) int {
	room := max(1, m.Cores/max(here, 1))
	if n.Eager {
		return room
	}
	byConnections := ceilDiv(ceilDiv(n.Connections, total), connectionsPerLoop)
	wanted := max(1, n.Work.loops(total), byConnections)
	if m.Cores <= 0 {
		return wanted
	}
	return min(room, wanted)
}

func fits(n Need, p Place, m Machine, total int) error {
	per := perAgent(m)
	switch {
	case p.Agents > mostAgents:
		return refuse(Processes, "%s agents do not fit on machine %s, at most %d start there: each holds %s connections, so raise the limit of open files (ulimit -n), add machines, or ask for fewer of the %s connections",
			Thousands(p.Agents), m.Name, mostAgents, Thousands(p.Connections), Thousands(n.Connections))
	case per > 0 && p.Connections > per:
		return refuse(Files, "%s connections do not fit: %d agents of %s files each hold %s; take --agents %d, or raise the limit of open files (ulimit -n) to %s",
			Thousands(n.Connections), total, Thousands(int(m.MaxFiles)), Thousands(total*per),
			ceilDiv(n.Connections, per), Thousands(p.Connections+filesMargin))
	}
	return remembers(p, m)
}

// remembers says whether the agents and their connections fit into memory.
func remembers(p Place, m Machine) error {
	room, each := int(min(m.MemoryBytes, math.MaxInt64))-p.Agents*agentMemory, p.connectionMemory()
	if m.MemoryBytes == 0 || p.Agents*p.Connections <= room/each {
		return nil
	}
	return refuse(Memory, "%s do not fit into the %s MiB of memory of machine %s: with some %d KiB each, and %d MiB an agent, it holds at most %s connections; add machines, or ask for fewer",
		p.load(), Thousands(int(m.MemoryBytes>>20)), m.Name, each>>10, agentMemory>>20,
		Thousands(max(0, room/each)))
}

func ceilDiv(a, b int) int {
	if b <= 0 {
		return a
	}
	return (a + b - 1) / b
}

// Thousands writes 50000 as 50,000.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
