package plan

import (
	"fmt"
	"sort"
	"time"

	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// AgentNames are the names of the agents of a host.
func AgentNames(host string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", host, i+1)
	}
	return names
}

// open walks the schedule of an open phase once, and gives each arrival to the agent
// whose share owns it, as every loop does for itself. Loops seed each phase alike.
func (e *explainer) open(i int, story *PhaseStory, first, last int) {
	p, begin := &e.s.Phases[i], e.plan[i].Begin
	sched := arrival.New(p.Profile, p.Arrivals, arrival.Mix(e.line.Seed, uint64(i)), arrival.Whole())
	for {
		a, ok := sched.Next()
		if !ok || begin+a.At >= e.plan[i].End {
			break
		}
		k := min(int((begin+a.At)/e.every), len(e.line.Steps)-1)
		agent := e.owner(sched.Key(a.Index))
		e.line.Steps[k].Agents[agent].Arrivals++
		story.PerAgent[agent]++
		story.Arrivals++
	}
	for k := first; k <= last; k++ {
		e.put(k, Load{Connections: uint64(p.MaxConnections())})
	}
}

// owner is the agent whose share owns a key: equal shares are the residues by their
// number.
func (e *explainer) owner(key uint64) int { return int(key % uint64(len(e.shares))) }

// closed finds the most users of each step from the changes of the ramp that loops
// follow. Each user has a connection, as far as the pool has so many. A number of users counts where it lasts: those
// that a jump passes through at one instant never run together.
func (e *explainer) closed(i int) {
	begin, end := e.plan[i].Begin, e.plan[i].End
	most := make([]uint64, len(e.line.Steps))
	ramp, level, since := vu.NewRamp(e.s.Phases[i].Profile), uint64(0), begin
	for c, more := ramp.Next(); more && begin+c.At < end; c, more = ramp.Next() {
		e.atLeast(most, since, begin+c.At, level)
		since, level = begin+c.At, c.User
		if c.Active {
			level++
		}
	}
	e.atLeast(most, since, end, level)
	for k, users := range most {
		connections := users
		if most := e.s.Phases[i].Pool.Max; most > 0 {
			connections = min(users, uint64(most))
		}
		e.put(k, Load{Users: users, Connections: connections})
	}
}

// atLeast notes a number of users that lasts from a moment to before another.
func (e *explainer) atLeast(most []uint64, from, to time.Duration, users uint64) {
	if from >= to {
		return
	}
	first, last := e.span(from, to)
	for k := first; k <= last; k++ {
		most[k] = max(most[k], users)
	}
}

// hold counts the connections of a hold that are to be open by the end of each step,
// each from its slot of the connect rate on.
func (e *explainer) hold(i, first, last int) {
	p, begin := &e.s.Phases[i], e.plan[i].Begin
	slot := func(id int) time.Duration {
		if p.ConnectRate <= 0 {
			return begin
		}
		return begin + time.Duration(float64(id)/p.ConnectRate*float64(time.Second))
	}
	for k := first; k <= last; k++ {
		end := time.Duration(k+1) * e.every
		asked := sort.Search(p.Connections, func(id int) bool { return slot(id) >= end })
		e.put(k, Load{Connections: uint64(asked)})
	}
}
