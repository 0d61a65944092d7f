package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
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
		Tool: buildID(), Args: withoutSecrets(os.Args, s.Secrets), Started: time.Now().UTC().Truncate(time.Second), Options: options, Place: c.job.place()})
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
		return target.during(ctx, a, c.trials.try)
	}, c.show)
	switch {
	case ctx.Err() != nil:
		return c.interrupted()
	case err != nil:
		return c.unended().failed(err)
	}
	return c.conclude()
}

// unended is this search, stopped before it is over.
func (c *capacitySearch) unended() unended {
	return unended{study: c.study, resumed: c.resume != "", goOn: c.goOn()}
}

// interrupted is the end of one that somebody stopped: what is known by now, and how to go on.
func (c *capacitySearch) interrupted() error {
	if err := c.unended().interrupted(c.errw, exitInterrupted, "  a larger --budget or another --precision may be given, too\n"); err != nil {
		return err
	}
	return c.tell(exitInterrupted, false)
}

// spent says how a search goes on whose budget was spent too early.
func (c *capacitySearch) spent(r *capacity.Result) {
	had := c.planned.budget()
	switch known := r.Needs > 0 && r.Needs <= mostNeeds; {
	case known && len(c.planned.Levels) == 0 && (r.Outcome == capacity.Unfinished || r.Outcome == capacity.Found):
		fmt.Fprintf(c.errw, "loadctl: the interval is not as narrow as asked; %s --budget %s\n", c.goOn(), inMinutes(had+r.Needs*5/4))
	case r.Outcome == capacity.Unfinished:
		fmt.Fprintf(c.errw, "loadctl: the search is not finished; %s --budget %s\n", c.goOn(), inMinutes(2*had))
	}
}

// inMinutes is a budget that is at least so long, as a person would write it.
func inMinutes(d time.Duration) string {
	return strings.TrimSuffix((d.Round(time.Minute) + time.Minute).String(), "0s")
}

// mostNeeds is as far as the time that is missing can be told.
const mostNeeds = time.Hour

// goOn says how the search goes on.
func (c *capacitySearch) goOn() string {
	return fmt.Sprintf("go on with: loadctl capacity --resume %s%s", c.study.Dir(), c.planned.Load.hiddenFlags())
}
