package plan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	asked "github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A SearchWish is what somebody wants of a search for a capacity; zero = as the file has it.
type SearchWish struct {
	Axis        string  // capacity.Rate or Connections
	Start, Most float64 // on the axis
	Rate        float64 // asked for beside, on the axis of connections
	Held        []int   // connections held beside, on the axis of the rate; several = the rate at each
	Precision   float64
	Budget      time.Duration
}

// A Search is what a search looks for, where it begins, and how long its trials are.
type Search struct {
	Config   capacity.Config
	Levels   []int  // of connections, each with its rate; none = one search
	Arrivals string // their law
	Flags    []string
}

// ErrNoRate is of connections that are searched while a load is asked for that nobody has named.
var ErrNoRate = errors.New("--over connections: the file has no rate of its own to ask for meanwhile")

// LevelOf is a load of the kind that a search asks for, by which the file is read to learn of its limits.
func (w *SearchWish) LevelOf(file *scenarios.Scenario) asked.Load {
	switch {
	case w.Axis == capacity.Connections && file.HoldsOnly() && w.Rate == 0:
		return asked.Load{Connections: max(len(holds(file)), 1)}
	case w.Axis == capacity.Rate && len(w.Held) > 0:
		return asked.Load{Rate: 1, Connections: slices.Min(w.Held)}
	}
	return asked.Load{Rate: 1}
}

// SearchOf plans a search of a file, which is had at one level, too. c is what this machine has been seen to
// make, nil where it was not measured.
func SearchOf(file, level *scenarios.Scenario, w SearchWish, c *Ceiling) (*Search, error) {
	p := &Search{Config: capacity.Config{Axis: w.Axis, Clauses: asked.ClausesOf(level.Thresholds), Start: w.Start, Most: w.Most,
		Precision: w.Precision, Budget: w.Budget, Settle: SettleFor(level.ResponseLimits())}}
	p.arrivals(level)
	p.leftOut(level.Uncounted)
	if err := p.place(file, &w); err != nil {
		return nil, err
	}
	if flag := c.Bound(&p.Config, Asked(level)); flag != "" {
		p.Flags = append(p.Flags, flag)
	}
	Lengths(&p.Config, len(p.Levels))
	p.beats(file)
	return p, nil
}

// place says where on its axis a search begins, and what stands beside.
func (p *Search) place(file *scenarios.Scenario, w *SearchWish) error {
	rate := lowestRate(file)
	if w.Axis == capacity.Connections {
		return p.placeHeld(file, w)
	}
	switch len(w.Held) {
	case 0:
	case 1:
		p.Config.Connections = w.Held[0]
	default:
		p.Levels = slices.Compact(slices.Sorted(slices.Values(w.Held)))
	}
	if p.Config.Start == 0 {
		p.Config.Start = rate / 2
	}
	return nil
}

// placeHeld begins at an eighth of the file's connections. Each phase that holds some has one at least.
func (p *Search) placeHeld(file *scenarios.Scenario, w *SearchWish) error {
	held := 0
	for _, ph := range holds(file) {
		held += ph.Connections
	}
	if p.Config.Start == 0 {
		p.Config.Start = math.Ceil(float64(held) / 8)
	}
	if n := len(holds(file)); n > 1 {
		p.Config.Least = float64(n)
	}
	if file.HoldsOnly() {
		return nil
	}
	if p.Config.Rate = w.Rate; w.Rate == 0 {
		p.Config.Rate = lowestTogether(file)
	}
	if p.Config.Rate == 0 {
		return ErrNoRate
	}
	return nil
}

// lowestRate is that of the recorded open phases, by their peaks; 0 = there is none.
func lowestRate(s *scenarios.Scenario) (rate float64) {
	for i := range s.Phases {
		if ph := &s.Phases[i]; ph.Record && ph.Executor.Open() && (rate == 0 || ph.Profile.Peak() < rate) {
			rate = ph.Profile.Peak()
		}
	}
	return rate
}

// lowestTogether is the sum over the kinds of users, each as in the recorded open phase that asks least of it; 0 = there
// is none.
func lowestTogether(s *scenarios.Scenario) (rate float64) {
	of := map[int]float64{}
	for i := range s.Phases {
		ph := &s.Phases[i]
		if low, seen := of[ph.User]; ph.Record && ph.Executor.Open() && (!seen || ph.Profile.Peak() < low) {
			of[ph.User] = ph.Profile.Peak()
		}
	}
	for _, one := range slices.Sorted(maps.Values(of)) { // in an order that makes the sum the same each time
		rate += one
	}
	return rate
}

func holds(s *scenarios.Scenario) (all []*scenarios.Phase) {
	for i := range s.Phases {
		if ph := &s.Phases[i]; ph.Executor == scenarios.HeldConnections {
			all = append(all, ph)
		}
	}
	return all
}

// beats has every connection asked once in a trial, where they are all there is: those of a target that lets
// them wait in a queue are open, and answer nothing.
func (p *Search) beats(file *scenarios.Scenario) {
	if p.Config.Axis != capacity.Connections || !file.HoldsOnly() {
		return
	}
	every := time.Duration(0)
	for _, ph := range holds(file) {
		if h := ph.Heartbeat; h != nil {
			every = max(every, h.Every)
		}
	}
	for _, length := range []*time.Duration{&p.Config.Ramp, &p.Config.Bracket, &p.Config.Refine, &p.Config.Confirm} {
		*length = max(*length, every)
	}
	if len(p.Config.Clauses) == 0 || every == 0 {
		p.Flags = append(p.Flags, "no limit counts heartbeats: what ends it is connections that are refused or dropped, and nothing else")
	}
}

// arrivals tells of the law of a level's arrivals. Nothing arrives where connections are held alone.
func (p *Search) arrivals(level *scenarios.Scenario) {
	p.Arrivals = arrival.Poisson.String()
	if level.HoldsOnly() {
		p.Arrivals = ""
	}
	for i := range level.Phases {
		if ph := &level.Phases[i]; ph.Executor.Open() && ph.Arrivals == arrival.Uniform {
			p.Arrivals = arrival.Uniform.String()
			p.Flags = append(p.Flags, "arrivals are uniform, as the file says: independent users come in bunches, so that the tail, and with it the capacity, is optimistic; `arrivals: poisson` is not")
			return
		}
	}
}

// leftOut tells of limits of the file that no search can count.
func (p *Search) leftOut(limits []stats.Threshold) {
	for i := range limits {
		p.Flags = append(p.Flags, fmt.Sprintf("%s is no share of requests: the search does not know it, and the capacity may break it", &limits[i]))
	}
}
