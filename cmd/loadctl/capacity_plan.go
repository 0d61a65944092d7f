package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A capacityPlan is all that a search depends on, as its study keeps it: who goes on with it makes
// the same search.
type capacityPlan struct {
	Config capacity.Config `json:"config"`
	Levels []int           `json:"levels,omitempty"` // of connections, each with its rate; none = one search
	SLO    []string        `json:"slo,omitempty"`    // in place of the file's
	Peak   float64         `json:"peak,omitempty"`
	Load   searchLoad      `json:"load"`

	Target   string   `json:"target"` // for people
	Arrivals string   `json:"arrivals"`
	Flags    []string `json:"flags,omitempty"` // what a reader must know beside the figure
}

// Settling is ten times the longest that a request may take, within bounds.
const (
	settleTimes = 10
	leastSettle = 3 * time.Second
	mostSettle  = 15 * time.Second
)

func settleOf(limits []time.Duration) time.Duration {
	longest := time.Duration(0)
	for _, l := range limits {
		longest = max(longest, l)
	}
	return min(max(settleTimes*longest, leastSettle), mostSettle)
}

// plan says what is searched: of a file by flags.
func (c *capacitySearch) plan() (*capacityPlan, error) {
	s := c.job.scenario
	if err := s.SLO(c.slo); err != nil {
		return nil, usage(err, "a limit counts requests: \"response_time: p(99)<200ms\", \"failed: rate<0.1%\", \"checks: rate>99.9%\"")
	}
	level, err := c.trials.jobOf(trial.Ask{Load: trial.Load{Rate: 1}, Settle: time.Second, Length: time.Second}, c.job.options.BaseURL)
	if err != nil {
		return nil, err
	}
	p := &capacityPlan{SLO: c.slo, Peak: float64(c.peak), Load: loadOf(&c.runOptions, s), Target: c.job.targetName(), Config: capacity.Config{
		Axis: c.over, Clauses: trial.ClausesOf(level.scenario.Thresholds), Start: float64(c.start), Most: float64(c.max),
		Precision: float64(c.precision), Budget: c.budget, Settle: settleOf(level.scenario.ResponseLimits()),
	}}
	p.Arrivals, p.Flags = arrivalsOf(level.scenario)
	p.leftOut(level.scenario.Uncounted)
	if err := p.place(c, s); err != nil {
		return nil, err
	}
	p.ceiling(c.job.ceiling(), plan.Asked(level.scenario))
	p.lengths()
	return p, p.judge()
}

// judge says what is wrong with a frontier, such as a budget that is too small for its levels.
func (p *capacityPlan) judge() error {
	if len(p.Levels) == 0 {
		return nil
	}
	if err := p.grid().Validate(); err != nil {
		return usage(fmt.Errorf("--connections: %w", err), "")
	}
	return nil
}

// place says where on its axis a search begins, and what stands beside.
func (p *capacityPlan) place(c *capacitySearch, s *scenarios.Scenario) error {
	rate, held := fileRate(s), fileHeld(s)
	switch {
	case p.Config.Axis == capacity.Connections:
		p.Config.Rate = float64(c.rate)
		if c.rate == 0 {
			p.Config.Rate = rate
		}
		if p.Config.Rate == 0 {
			return usage(fmt.Errorf("--over connections: the file has no rate of its own to ask for meanwhile"), "give one, such as --rate 50/s")
		}
		if p.Config.Start == 0 {
			p.Config.Start = math.Ceil(float64(held) / 8)
		}
		return nil
	case len(c.held) == 1:
		p.Config.Connections = c.held[0]
	case len(c.held) > 1:
		p.Levels = slices.Compact(slices.Sorted(slices.Values(c.held)))
	}
	if p.Config.Start == 0 {
		p.Config.Start = rate / 2
	}
	return nil
}

// fileRate is the lowest rate of the recorded open phases, by their peaks; 0 = there is none.
func fileRate(s *scenarios.Scenario) (rate float64) {
	for i := range s.Phases {
		if ph := &s.Phases[i]; ph.Record && ph.Executor.Open() && (rate == 0 || ph.Profile.Peak() < rate) {
			rate = ph.Profile.Peak()
		}
	}
	return rate
}

func fileHeld(s *scenarios.Scenario) (held int) {
	for i := range s.Phases {
		if ph := &s.Phases[i]; ph.Executor == scenarios.HeldConnections {
			held += ph.Connections
		}
	}
	return held
}

// arrivalsOf is the law of a level's arrivals, and what is to be said of it.
func arrivalsOf(level *scenarios.Scenario) (law string, flags []string) {
	for i := range level.Phases {
		if ph := &level.Phases[i]; ph.Executor.Open() && ph.Arrivals == arrival.Uniform {
			return arrival.Uniform.String(), []string{"arrivals are uniform, as the file says: independent users come in bunches, so that the tail, and with it the capacity, is optimistic; `arrivals: poisson` is not"}
		}
	}
	return arrival.Poisson.String(), nil
}

// leftOut tells of limits of the file that no search can count.
func (p *capacityPlan) leftOut(limits []stats.Threshold) {
	for i := range limits {
		p.Flags = append(p.Flags, fmt.Sprintf("%s is no share of requests: the search does not know it, and the capacity may break it", &limits[i]))
	}
}

// leastRoom is how many times the most that is asked for the machine must have made at a null target.
const leastRoom = 1.1

// ceiling asks for no more than this machine has been seen to make, where it was measured.
func (p *capacityPlan) ceiling(c *plan.Ceiling, perIteration float64) {
	if c == nil || p.Config.Axis != capacity.Rate || perIteration <= 0 {
		return
	}
	most := c.Rate / leastRoom / perIteration
	if p.Config.Most > 0 && p.Config.Most <= most {
		return
	}
	p.Config.Most = most
	p.Flags = append(p.Flags, fmt.Sprintf("no more than %.4g/s is asked for: this machine made %s", most, c))
}

// lengths has trials of a small budget last less long: many short ones near the limit tell more
// than the few long ones that there would be time for.
func (p *capacityPlan) lengths() {
	n := max(len(p.Levels), 1)
	if p.Config.Budget == 0 {
		p.Config.Budget = 10 * time.Minute
		if n > 1 {
			p.Config.Budget = time.Duration(n) * 5 * time.Minute
		}
	}
	each := p.Config.Budget / time.Duration(n)
	within := func(d, least, most time.Duration) time.Duration { return min(max(d, least), most).Round(time.Second) }
	p.Config.Ramp = within(each/60, 3*time.Second, 5*time.Second)
	p.Config.Bracket = within(each/40, 4*time.Second, 8*time.Second)
	p.Config.Refine = within(each/15, 6*time.Second, 30*time.Second)
	p.Config.Confirm = 2 * p.Config.Refine
}

// grid is the search for the rate at each of several numbers of connections.
func (p *capacityPlan) grid() *frontier.Config {
	return &frontier.Config{Levels: p.Levels, Clauses: p.Config.Clauses, Budget: p.Config.Budget, Inner: func(w frontier.Want) frontier.Inner {
		c := p.Config
		c.Connections, c.Budget = w.Connections, w.Budget
		if w.Start > 0 {
			c.Start = w.Start
		}
		c.Guess = w.Guess
		return capacity.New(c)
	}}
}

// A capacityFinder is a search for one capacity, or for one at each of several numbers of connections.
type capacityFinder struct {
	trial.Search
	one  *capacity.Search
	grid *frontier.Search // nil = one
}

func (p *capacityPlan) finder() capacityFinder {
	if len(p.Levels) > 0 {
		g := frontier.New(*p.grid())
		return capacityFinder{Search: g, grid: g}
	}
	one := capacity.New(p.Config)
	return capacityFinder{Search: one, one: one}
}
