package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/tuning"
)

// A tunePlan is all that a tuning depends on beside its file, as its study keeps it: who goes on with it
// makes the same one.
type tunePlan struct {
	Scenario  string          `json:"scenario"` // path
	Source    string          `json:"scenario_source"`
	SLO       []string        `json:"slo,omitempty"` // in place of the scenario's
	Params    []tune.Param    `json:"params"`
	Incumbent tune.Setting    `json:"incumbent"`
	Load      trial.Load      `json:"load"`
	Clauses   []trial.Clause  `json:"clauses,omitempty"` // that settings are held to
	Budget    time.Duration   `json:"budget_ns,omitempty"`
	Each      capacity.Config `json:"each"`          // the search for the capacity of one of the last settings
	Requests  float64         `json:"per_iteration"` // requests of one
	Made      searchLoad      `json:"made_by"`
	Target    string          `json:"target"`          // for people
	Admin     string          `json:"admin,omitempty"` // --admin
	Flags     []string        `json:"flags,omitempty"`
}

// manyUsers saturate most services that are tried on one machine.
const manyUsers = 64

// plan says what is tried, but for what is in force: see about.
func (t *tuner) plan() (*tunePlan, error) {
	f, s := t.tuning, t.job.scenario
	made, err := loadOf(t.job)
	if err != nil {
		return nil, err
	}
	p := &tunePlan{Scenario: t.scenarioFile(), Source: string(s.Source), Budget: f.Budget.Time, Made: made, Target: t.job.targetName(), Admin: t.admin,
		Load: trial.Load{Users: f.Users, Rate: f.Rate, Connections: f.Connections}}
	if t.given["budget"] {
		p.Budget = t.budget
	}
	if err := p.loads(f, s); err != nil {
		return nil, err
	}
	for i := range f.SLO {
		p.SLO = append(p.SLO, f.SLO[i].String())
	}
	if err := s.SLO(p.SLO); err != nil {
		return nil, usage(fmt.Errorf("%s: slo: %w", t.file, err), "a limit counts requests: \"response_time: p(99)<200ms\", \"failed: rate<0.1%\"")
	}
	saturating := f.Goal == tuning.Most && f.Compare == tuning.Throughput
	if saturating && len(p.SLO) == 0 {
		p.SLO = []string{"failed: rate<1%"} // the scenario's is for its own load
	}
	level, err := (&trials{job: t.job, slo: p.SLO}).jobOf(trial.Ask{Load: p.probe(), Settle: time.Second, Length: time.Second}, t.job.options.BaseURL)
	if err != nil {
		return nil, err
	}
	clauses := trial.ClausesOf(level.scenario.Thresholds)
	if !saturating || len(f.SLO) > 0 {
		p.Clauses = clauses
	}
	p.Requests = plan.Asked(level.scenario)
	p.each(f, clauses, plan.SettleFor(level.scenario.ResponseLimits()), t.job.ceiling())
	if !f.CanRestart() {
		p.Flags = append(p.Flags, "nothing in the file says how the service is started anew: that a gain came back after a fresh start is not known")
	}
	p.Flags = append(p.Flags, f.Notes()...)
	return p, t.pauses(p)
}

// pauses notes that users who saturate a service by their number do not, as they pause: they ask the same of every
// setting, and no difference is seen.
func (t *tuner) pauses(p *tunePlan) error {
	if t.tuning.Goal != tuning.Most {
		return nil // what must be held is the file's own load
	}
	level, err := (&trials{job: t.job, slo: p.SLO}).jobOf(trial.Ask{Load: p.Load, Settle: time.Second, Length: time.Second}, t.job.options.BaseURL)
	if err != nil {
		return err
	}
	if rate := level.scenario.AskAtMost(); rate > 0 {
		pause := time.Duration(float64(p.Load.Users) / rate * float64(time.Second))
		note := fmt.Sprintf("%d users pause %s on average for each task: they ask at most about %s a second of any setting", p.Load.Users, pause.Round(time.Millisecond), tasks(rate))
		if t.tuning.Users == 0 { // else whoever wrote the file has thought of it
			note += fmt.Sprintf("; say load: {users: M}, where 1000 tasks a second take %.0f, or leave wait_time and think out", math.Ceil(1000*pause.Seconds()))
		}
		p.Flags = append(p.Flags, note)
	}
	return nil
}

// tasks are a number of them, as exact as it matters.
func tasks(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.2g tasks", n)
	}
	return fmt.Sprintf("%.0f tasks", n)
}

// probe is a load of the kind that is asked for, by which the file is read to learn of its limits.
func (p *tunePlan) probe() trial.Load {
	if p.Load.Rate == 0 && p.Load.Users == 0 {
		return p.Load
	}
	return trial.Load{Rate: 1, Connections: p.Load.Connections}
}

// loads settles what is asked of each setting: where the file does not say what the cheapest must hold, what the
// scenario asks.
func (p *tunePlan) loads(f *tuning.File, s *scenarios.Scenario) error {
	alone := s.HoldsOnly()
	switch {
	case alone && (f.Goal != tuning.Cheapest || p.Load.Rate > 0 || p.Load.Users > 0):
		return usage(fmt.Errorf("%s only holds connections: nobody sends requests whose number could be compared", p.Scenario), "say goal: cheapest, and load: {connections: N}")
	case f.Goal == tuning.Cheapest && (alone || p.Load.Rate > 0 || p.Load.Users > 0):
		return nil
	case f.Goal == tuning.Cheapest:
		if p.Load.Rate = s.OpenRate(); p.Load.Rate == 0 {
			return usage(errors.New("load: what the cheapest setting must hold is missing, and the scenario has no rate"), "such as load: {rate: 500/s}, or {users: 64}")
		}
		return nil
	case p.Load.Rate > 0:
		return usage(errors.New("load: a rate is all that any setting serves: it does not tell which serves most"), "say load: {users: 64}, or goal: cheapest")
	case p.Load.Users == 0:
		p.Load.Users = manyUsers
	}
	return nil
}

// The budget of the search for one capacity: an eighth of all, within bounds, as up to four are made.
const (
	leastEach = 2 * time.Minute
	mostEach  = 6 * time.Minute
)

// each is the search for the capacity of one of the last settings.
func (p *tunePlan) each(f *tuning.File, clauses []trial.Clause, settle time.Duration, c *plan.Ceiling) {
	if f.Goal != tuning.Most || f.Compare != tuning.Capacity {
		return
	}
	one := capacity.Config{Axis: capacity.Rate, Clauses: clauses, Precision: 0.05, Connections: p.Load.Connections, Settle: settle,
		Budget: mostEach}
	if p.Budget > 0 {
		one.Budget = min(max(p.Budget/8, leastEach), mostEach)
	}
	if flag := c.Bound(&one, p.Requests); flag != "" {
		p.Flags = append(p.Flags, flag)
	}
	plan.Lengths(&one, 1)
	p.Each = one
}

// about has the values to try, around what is in force. What is not known is left "".
func (p *tunePlan) about(f *tuning.File, path string, now tune.Setting) error {
	var wrong []error
	for i := range f.Params {
		one := &f.Params[i]
		param := tune.Param{Name: one.Name, Values: one.Values, CostEach: one.Cost.Each}
		if one.Start != nil {
			made, err := tune.Grid(one.Name, tune.Kind(one.Start.Of), factsOf(one.Start, now[one.Name]))
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s:%d: %s: %w", path, one.Start.Line, one.Name, err))
			}
			made.CostEach = one.Cost.Each
			param = made
		}
		p.Params = append(p.Params, param)
	}
	p.Incumbent = now
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "")
	}
	return nil
}

// factsOf are the facts of a file as laws take them.
func factsOf(s *tuning.Start, current string) tune.Facts {
	of := s.Facts
	second := func(name string) time.Duration { return time.Duration(of[name] * float64(time.Second)) }
	return tune.Facts{
		Cores: int(of["cores"]), Spindles: int(of["spindles"]), Rate: of["rate"], Processes: int(of["processes"]), Hold: second("hold"), MayWait: of["may_wait"],
		Wait: second("wait"), Compute: second("compute"), Busy: of["busy"], Takers: int(of["takers"]), Each: int(of["each"]), Alpha: of["alpha"], Beta: of["beta"],
		KeyRate: of["key_rate"], Stale: second("stale"), Most: int(of["most"]), Current: current,
	}
}

// config is the search that the plan and its file make.
func (p *tunePlan) config(f *tuning.File) tune.Config {
	c := tune.Config{
		Params: p.Params, Incumbent: p.Incumbent, Goal: tune.Goal(f.Goal), Load: p.Load, Clauses: p.Clauses, Margin: f.Margin, Slack: f.Slack,
		Length: f.Length, Settle: f.Settle, MaxTrials: f.Budget.Trials, Budget: p.Budget, Seed: p.Made.Seed,
		Allowed: func(s tune.Setting) (bool, string) { return f.Allowed(s) },
		Cost:    func(s tune.Setting) float64 { return f.CostOf(s) }, CostUnit: f.CostUnit,
	}
	if f.Goal == tuning.Most && f.Compare == tuning.Capacity {
		c.Capacity = func(_ tune.Setting, throughput float64) tune.Inner {
			each := p.Each
			if each.Start = throughput / max(p.Requests, 1) / 2; each.Most > 0 {
				each.Start = min(each.Start, each.Most)
			}
			return capacity.New(each)
		}
	}
	return c
}
