package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/scenarios"
)

// A capacitySearch is one `loadctl capacity` under way.
type capacitySearch struct {
	capacityOptions
	out, errw io.Writer
	file      string // "" = that of the study which is resumed

	job     *job
	trials  *trials
	planned *capacityPlan
	study   *study.Study
	finder  capacityFinder
}

// open begins a search, or takes up the one of --resume.
func (c *capacitySearch) open() error {
	if c.resume != "" {
		return c.reopen()
	}
	var err error
	if c.job, err = newJob(c.out, c.errw, c.file, c.runOptions); err != nil {
		return err
	}
	c.trials = &trials{job: c.job, slo: c.slo}
	if c.planned, err = c.plan(); err != nil {
		return err
	}
	options, err := json.Marshal(c.planned)
	if err != nil {
		return cannot(err, "")
	}
	s := c.job.scenario
	c.study, err = study.Create(c.runs, study.Head{ID: c.job.id + "-capacity", Kind: "capacity", File: c.file, Source: string(s.Source), Scenario: s.Name,
		Tool: buildID(), Args: withoutSecrets(os.Args, s.Secrets), Started: time.Now().UTC().Truncate(time.Second), Options: options})
	if err != nil {
		return cannot(err, "choose another place with --runs")
	}
	c.begin()
	return nil
}

func (c *capacitySearch) begin() {
	c.trials.runs, c.trials.slo = c.study.RunsDir(), c.planned.SLO
	c.finder = c.planned.finder()
}

// loadOf keeps the flags that trials are made with. What is secret is asked for again.
func (c *capacitySearch) loadOf(s *scenarios.Scenario) capacityLoad {
	vars := maps.Clone(s.Replaced)
	l := capacityLoad{Vars: vars, Target: c.target, Agents: c.agents, Loops: c.loops, Sources: c.sources, Monitors: c.monitors,
		Seed: c.seed, Pacing: c.pacing, Tick: c.tick, Poller: c.poller}
	for name := range vars {
		if slices.Contains(s.Secrets, name) {
			l.Hidden = append(l.Hidden, name)
		}
	}
	slices.Sort(l.Hidden)
	for _, name := range l.Hidden {
		delete(vars, name)
	}
	return l
}

func (c *capacitySearch) targetName() string {
	if c.job.scenario.Target.Bundled && c.target == "" {
		return "the bundled target"
	}
	return cmp.Or(c.target, c.job.scenario.Target.BaseURL)
}

// make makes the trials, and tells what came of them.
func (c *capacitySearch) make(ctx context.Context) error {
	c.announce()
	var target *standing // from the first trial on: a search that is over needs none
	defer func() { target.stop() }()
	err := c.study.Drive(ctx, c.finder, func(ctx context.Context, a trial.Ask) (told trial.Told, err error) {
		if target == nil {
			if target, err = stand(ctx, c.job); err != nil {
				return told, err
			}
		}
		return target.during(ctx, a, c.seeded(a).try)
	}, c.show)
	switch {
	case ctx.Err() != nil:
		return c.interrupted()
	case err != nil:
		return c.failed(err)
	}
	return c.conclude()
}

// seeded makes each trial another draw of the same load: a hundred of one draw say no more
// than one.
func (c *capacitySearch) seeded(a trial.Ask) *trials {
	t, j := *c.trials, *c.job
	j.seed = c.planned.Load.Seed + uint64(a.Number)
	t.job = &j
	return &t
}

// failed is the end of a search that no trial can be made for. One that has none leaves nothing.
func (c *capacitySearch) failed(err error) error {
	if len(c.study.Lines()) == 0 && c.resume == "" {
		err = errors.Join(err, os.RemoveAll(c.study.Dir()))
	}
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	return cannot(err, c.goOn())
}

// interrupted is the end of one that somebody stopped: what is known by now, and how to go on.
func (c *capacitySearch) interrupted() error {
	if len(c.study.Lines()) == 0 && c.resume == "" {
		_ = os.RemoveAll(c.study.Dir())
		return &failure{exitInterrupted, errors.New("interrupted before a trial was over; nothing is kept"), ""}
	}
	fmt.Fprintf(c.errw, "loadctl: interrupted; what was under way is not kept, and %s\n  %s\n  a larger --budget or another --precision may be given, too\n",
		countOf(len(c.study.Lines()), "trial is", "trials are"), c.goOn())
	return c.tell(exitInterrupted, false)
}

// spent says how a search goes on whose budget was spent too early.
func (c *capacitySearch) spent(r *capacity.Result) {
	if r.Outcome == capacity.Unfinished && r.Needs > 0 && r.Needs < mostNeeds {
		budget := (c.planned.Config.Budget + r.Needs*5/4).Round(time.Minute) + time.Minute
		fmt.Fprintf(c.errw, "loadctl: the interval is not as narrow as asked; %s --budget %s\n", c.goOn(), strings.TrimSuffix(budget.String(), "0s"))
	}
}

// mostNeeds is beyond what anybody waits for.
const mostNeeds = 24 * time.Hour

// goOn says how the search goes on.
func (c *capacitySearch) goOn() string {
	again := ""
	for _, name := range c.planned.Load.Hidden {
		again += fmt.Sprintf(" -e %s=…", name)
	}
	return fmt.Sprintf("go on with: loadctl capacity --resume %s%s", c.study.Dir(), again)
}

// countOf is a number of things.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
