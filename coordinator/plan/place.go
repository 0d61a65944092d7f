// Package plan is the arithmetic of a run before it begins: how many agents and
// loops, which source addresses, whether a machine can hold what is asked of
// it, and whether a target may be loaded at all. It computes from figures it is
// given; it looks at no machine, resolves no name and sends no packet.
package plan

import (
	"fmt"
	"math"

	"github.com/loadctl/loadctl/scenarios"
)

// A Machine is what a host can hold. Zero figures are unknown and limit nothing.
type Machine struct {
	Name              string
	OS                string // as runtime.GOOS
	Cores             int
	MaxFiles          uint64 // one process may open
	MemoryBytes       uint64
	PortLow, PortHigh int // ephemeral ports, both included
}

// A Need is what a scenario asks of the generator.
type Need struct {
	Connections int     // open at once, at most
	Rate        float64 // iterations a second of open load, at most
	Eager       bool    // closed users without any pause: they take what they get
}

// NeedOf sums up what a scenario asks for.
func NeedOf(s *scenarios.Scenario) Need {
	n := Need{Connections: s.MaxConnections(), Rate: s.PeakRate()}
	for i := range s.Phases {
		p := &s.Phases[i]
		closed := p.Executor == scenarios.ConstantVUs || p.Executor == scenarios.RampingVUs
		n.Eager = n.Eager || closed && !pauses(s, p.User)
	}
	return n
}

// pauses says whether a user waits or thinks anywhere.
func pauses(s *scenarios.Scenario, user int) bool {
	if user < 0 || user >= len(s.Users) {
		return true
	}
	u := &s.Users[user]
	if u.Wait.Kind != scenarios.NoWait {
		return true
	}
	for _, t := range u.Tasks {
		for i := range t.Steps {
			if t.Steps[i].Think.Kind == scenarios.NoWait {
				return false
			}
		}
	}
	return true
}

// Figures one agent or loop is planned with. What a loop can do is several
// times this: the margin is what keeps the generator out of its own numbers.
const (
	fewest             = 2      // agents, so that a run never hangs on one process
	filesMargin        = 200    // files of an agent that are not connections
	ratePerLoop        = 20_000 // iterations a second
	connectionsPerLoop = 25_000
)

// A Wish is what the user asked for; zero means by the figures.
type Wish struct{ Agents, Loops int }

// A Place is the agents of one host.
type Place struct {
	Agents, Loops int // processes, and loops of each
	// Connections each agent may come to hold.
	Connections int
}

// Fit says how many agents and loops a run takes on each machine, which share
// the load evenly. A load that does not fit is refused, with the figures and
// what would make it fit.
func Fit(n Need, w Wish, machines []Machine) ([]Place, error) {
	if len(machines) == 0 {
		return nil, fmt.Errorf("no machine to run agents on")
	}
	places := make([]Place, len(machines))
	total := 0
	for i, m := range machines {
		places[i].Agents = agentsOn(n, w, m, len(machines), i)
		total += places[i].Agents
	}
	for i, m := range machines {
		p := &places[i]
		p.Connections = ceilDiv(n.Connections, total)
		p.Loops = loopsFor(n, w, m, total, p.Agents)
		if err := fits(n, *p, m, total); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// agentsOn is how many agents machine i of hosts runs.
func agentsOn(n Need, w Wish, m Machine, hosts, i int) int {
	if w.Agents > 0 {
		return max(1, (w.Agents+hosts-1-i)/hosts)
	}
	count := ceilDiv(fewest, hosts)
	if per := perAgent(m); per > 0 {
		count = max(count, ceilDiv(ceilDiv(n.Connections, hosts), per))
	}
	return count
}

// perAgent is how many connections one agent process can hold, 0 if unknown.
func perAgent(m Machine) int {
	if m.MaxFiles == 0 {
		return 0
	}
	return max(1, int(min(m.MaxFiles, math.MaxInt32))-filesMargin)
}

func loopsFor(n Need, w Wish, m Machine, total, here int) int {
	if w.Loops > 0 {
		return w.Loops
	}
	room := max(1, m.Cores/max(here, 1))
	if n.Eager {
		return room
	}
	byRate := int(math.Ceil(n.Rate / float64(total) / ratePerLoop))
	byConnections := ceilDiv(ceilDiv(n.Connections, total), connectionsPerLoop)
	return min(room, max(1, byRate, byConnections))
}

func fits(n Need, p Place, m Machine, total int) error {
	if per := perAgent(m); per > 0 && p.Connections > per {
		return fmt.Errorf("%s connections do not fit: %d agents of %s files each hold %s; take --agents %d, or raise the limit of open files (ulimit -n) to %s",
			thousands(n.Connections), total, thousands(int(m.MaxFiles)), thousands(total*per),
			ceilDiv(n.Connections, per), thousands(p.Connections+filesMargin))
	}
	return nil
}

func ceilDiv(a, b int) int {
	if b <= 0 {
		return a
	}
	return (a + b - 1) / b
}

// thousands writes 50000 as 50,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
