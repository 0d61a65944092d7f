package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/ceilings"
	"github.com/loadctl/loadctl/coordinator/hosts/local"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A nullRun measures what this machine makes of a file's requests. Each of its trials is
// a run as any other, with host and agents, at a null target of its own: another port,
// so that connections which one trial closed take no ports of the next.
type nullRun struct {
	file, exe string
	options   scenarios.Options // that the file was read with
	scenario  *scenarios.Scenario
	place     plan.Place
	length    time.Duration
	errw      io.Writer
}

// measure makes the null run, and tells of each trial. An interrupt ends it.
func (n *nullRun) measure(ctx context.Context) (plan.Ceiling, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	c, err := plan.FindCeiling(n.place, n.length, func(k plan.TrialKind, t scenarios.Trial) (plan.Tried, error) {
		tried, err := n.try(ctx, t)
		if err == nil {
			fmt.Fprintln(n.errw, "null run:", tried.Line(k, t.Rate))
		}
		return tried, err
	})
	switch {
	case ctx.Err() != nil:
		return c, &failure{exitInterrupted, errors.New("the null run was interrupted; nothing of it is kept"), ""}
	case err != nil:
		return c, cannot(fmt.Errorf("null run: %w", err), "let nothing else run on this machine meanwhile")
	}
	c.Measured, c.Without = time.Now(), append([]string{}, n.scenario.Untried()...) // of which none is null as JSON
	f := machine.Facts()
	c.Cores, c.Machine = f.Cores, f.Model
	return c, nil
}

func (n *nullRun) try(ctx context.Context, t scenarios.Trial) (plan.Tried, error) {
	target, err := startTarget(ctx, n.exe, "the null target", "null")
	if err != nil {
		return plan.Tried{}, err
	}
	defer target.stop()
	t.BaseURL = target.baseURL
	r, err := n.drive(ctx, &t)
	if err != nil {
		return plan.Tried{}, err
	}
	tried := plan.TriedOf(r)
	tried.Target, err = ceilings.AskNull(ctx, t.BaseURL)
	return tried, err
}

// drive makes the run of a trial. Nothing of it is shown or recorded.
func (n *nullRun) drive(ctx context.Context, t *scenarios.Trial) (*stats.Run, error) {
	o := n.options
	o.Trial = t
	s, err := parse(n.file, n.scenario.Source, o)
	if err != nil {
		return nil, err
	}
	r := &stats.Run{}
	set := usualSetting()
	c, err := coordinator.New(coordinator.Config{
		RunID: newRunID(time.Now()), Scenario: s, File: n.file, BaseURL: o.BaseURL,
		Agents: n.place.Agents, Loops: n.place.Loops, Seed: 1, Pacing: set.Pacing, Poller: set.Poller, Tick: set.Tick,
		Hosts:   []coordinator.Host{local.New(local.Config{Name: localHost, Command: func() *exec.Cmd { return exec.Command(n.exe, "host") }})},
		Version: set.Version, Sink: r.Apply,
	})
	if err != nil {
		return nil, err
	}
	if _, err = c.Run(ctx); err == nil && r.Layout == nil {
		err = errors.New("a trial never began")
	}
	return r, err
}
