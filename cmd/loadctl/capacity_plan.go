package main

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/trial"
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

// plan says what is searched: of a file by flags.
func (c *capacitySearch) plan() (*capacityPlan, error) {
	s := c.job.scenario
	if err := s.SLO(c.slo); err != nil {
		return nil, usage(err, "a limit counts requests: \"response_time: p(99)<200ms\", \"failed: rate<0.1%\", \"checks: rate>99.9%\"")
	}
	wish := c.wish()
	level, err := c.trials.jobOf(trial.Ask{Load: wish.LevelOf(s), Settle: time.Second, Length: time.Second}, c.job.options.BaseURL)
	if err != nil {
		return nil, err
	}
	found, err := plan.SearchOf(s, level.scenario, wish, c.job.ceiling())
	if err != nil {
		return nil, usage(err, "give one, such as --rate 50/s")
	}
	load, err := loadOf(c.job)
	if err != nil {
		return nil, err
	}
	p := &capacityPlan{Config: found.Config, Levels: found.Levels, SLO: c.slo, Peak: float64(c.peak), Load: load, Target: c.job.targetName(),
		Arrivals: found.Arrivals, Flags: found.Flags}
	return p, p.judge()
}

func (o *capacityOptions) wish() plan.SearchWish {
	return plan.SearchWish{Axis: o.over, Start: float64(o.start), Most: float64(o.max), Rate: float64(o.rate), Held: o.held,
		Precision: float64(o.precision), Budget: o.budget}
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

// budget is for all trials, also where it was not said.
func (p *capacityPlan) budget() time.Duration {
	if p.Config.Budget == 0 && len(p.Levels) > 0 {
		return frontier.New(*p.grid()).Result().Budget
	}
	return p.Config.Budget
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
