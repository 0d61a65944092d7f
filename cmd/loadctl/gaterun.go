package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/sides"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/answers"
)

// A gating is one gate being made.
type gating struct {
	gateOptions
	file      string
	out, errw io.Writer
	sides     gateSides
	job       *job
	limits    levelLimits
	study     *study.Study
	turns     *sides.Turns
	trials    *trials
}

func runGate(ctx context.Context, out, errw io.Writer, file string, o gateOptions) error {
	controls := newControls(ctx)
	defer controls.close()
	g := &gating{gateOptions: o, file: file, out: out, errw: errw}
	var known baselineKnown
	_, err := controls.unlessStopped(func() (_ *job, err error) { // any of its files may be a pipe that nobody writes to
		known, err = g.begin()
		return g.job, err
	})
	if err != nil {
		return err
	}
	return controls.unlessHurried("its trials are on disk: go on with the same flags and --resume, and the directory that was said at first", func() error { return g.whole(controls.early, known) })
}

// begin reads flags, sides and file, and what is stored of the baseline.
func (g *gating) begin() (known baselineKnown, err error) {
	if g.sides, err = g.validate(); err != nil {
		return known, err
	}
	if err := g.prepare(); err != nil {
		return known, err
	}
	if g.sides.base.Text == g.sides.candidate.Text {
		fmt.Fprintln(g.errw, "loadctl: warning: both sides are", g.sides.base.Text+": nothing can be worse than itself, so this tries the gate")
	}
	return g.stored()
}

func (g *gating) whole(ctx context.Context, known baselineKnown) (err error) {
	if err := g.open(); err != nil {
		return err
	}
	defer func() { err = g.close(err) }()
	g.announce()
	return g.make(ctx, known)
}

// announce says where the gate is, so that it can go on whatever ends it.
func (g *gating) announce() {
	fmt.Fprintf(g.errw, "gate of %s, in %s: each trial is recorded after %s of its load; at most %s\n", g.file, g.study.Dir(), g.limits.settle, g.budget)
	if n := len(g.study.Lines()); n > 0 {
		fmt.Fprintf(g.errw, "going on after %s\n", countOf(n, "trial", "trials"))
	}
}

// prepare reads the file as the trials will.
func (g *gating) prepare() (err error) {
	o := g.runOptions
	o.target = g.sides.candidate.URL
	if g.job, err = newJob(g.out, g.errw, g.file, o); err != nil {
		return err
	}
	g.trials = &trials{job: g.job}
	g.limits, err = g.trials.limits(g.sides.candidate.URL)
	return err
}

// A levelLimits is the SLO that trials are held to.
type levelLimits struct {
	clauses []trial.Clause
	line    int // of the first in the file; 0 = none
	settle  time.Duration
}

// limits are those of any trial at one level.
func (t *trials) limits(url string) (l levelLimits, err error) {
	j, err := t.jobOf(trial.Ask{Load: trial.Load{Rate: 1}, Settle: time.Second, Length: time.Second}, url)
	if err != nil {
		return l, err
	}
	l.clauses, l.settle = trial.ClausesOf(j.scenario.Thresholds), plan.SettleFor(j.scenario.ResponseLimits())
	if len(j.scenario.Thresholds) > 0 {
		l.line = j.scenario.Thresholds[0].Line
	}
	return l, nil
}

// open makes the gate's directory, or takes up the one of --resume.
func (g *gating) open() (err error) {
	if g.resume != "" {
		if g.study, err = study.Open(g.resume); err == nil {
			err = g.sameAs(&g.study.Head)
		}
		if err != nil {
			return usage(err, "give the flags and the file that it was begun with")
		}
	} else if g.study, err = study.Create(g.runs, g.head()); err != nil {
		return cannot(err, "choose another place with --runs")
	}
	g.equip()
	return nil
}

// equip has the sides ready to start, and trials recorded in the study.
func (g *gating) equip() {
	g.trials.runs = g.study.RunsDir()
	keeper := sides.Keeper{g.job.exe, "target", "keep"}
	log := slog.New(slog.NewTextHandler(g.errw, &slog.HandlerOptions{Level: slog.LevelWarn}))
	g.turns = sides.NewTurns(keeper, log, map[string]sides.Source{gate.Base: g.sides.base, gate.Candidate: g.sides.candidate})
}

func (g *gating) head() study.Head {
	s := g.job.scenario
	begun, _ := json.Marshal(g.begun()) // strings never fail
	return study.Head{ID: g.job.id, Kind: "gate", File: g.file, Source: string(s.Source), Scenario: s.Name, Tool: buildID(),
		Args: withoutSecrets(os.Args, s.Secrets), Started: time.Now().UTC(), Options: begun, Place: here()}
}

// sameAs refuses to go on with another gate.
func (g *gating) sameAs(h *study.Head) error {
	if h.Kind != "gate" {
		return fmt.Errorf("%s is a study of %s, not a gate", g.resume, h.Kind)
	}
	var begun gateBegun
	if err := json.Unmarshal(h.Options, &begun); err != nil {
		return fmt.Errorf("%s: options: %w", g.resume, err)
	}
	errs := begun.unlike(g)
	if h.Source != string(g.job.scenario.Source) {
		errs = append(errs, fmt.Errorf("%s is not what it was when %s was begun", g.file, g.resume))
	}
	return errors.Join(errs...)
}

// close ends the sides. That one could not be ended is told, and changes no verdict.
func (g *gating) close(err error) error {
	if cerr := errors.Join(g.turns.Close(), g.study.Close()); cerr != nil {
		fmt.Fprintln(g.errw, "loadctl:", cerr)
	}
	if errors.Is(err, context.Canceled) {
		return &failure{exitInterrupted, errors.New("interrupted"), "go on with the same flags and --resume " + g.study.Dir()}
	}
	return err
}

// make finds the capacity where it is not known, makes the trials, and tells what came of them.
func (g *gating) make(ctx context.Context, known baselineKnown) error {
	if known.capacity == 0 {
		found, err := g.find(ctx)
		if err != nil || found.capacity == 0 {
			return err
		}
		known.knownCapacity = found
	}
	r, err := g.search(ctx, known)
	if err != nil {
		return err
	}
	return g.tell(&r)
}

// search makes the trials until the verdict is sure.
func (g *gating) search(ctx context.Context, known baselineKnown) (gate.Result, error) {
	search := gate.New(g.config(known))
	err := g.study.Drive(ctx, search, g.try, g.after(func() string { return answers.GateLine(search.Result()) }))
	return search.Result(), g.undriven(err)
}

// undriven is why a search came to no end: an interrupt, what has said its exit code, or what could not be done.
func (g *gating) undriven(err error) error {
	return notMade(err, "go on with the same flags and --resume "+g.study.Dir())
}

func notMade(err error, hint string) error {
	if _, said := errors.AsType[*failure](err); err == nil || said || errors.Is(err, context.Canceled) {
		return err
	}
	return cannot(err, hint)
}

func (g *gating) config(known baselineKnown) gate.Config {
	return gate.Config{
		Clauses: g.limits.clauses, Capacity: known.capacity, Estimate: known.estimate, Elasticity: known.elasticity, Clump: known.clump,
		Hold: g.hold, Compare: !g.short, Short: g.short,
		Margin: float64(g.margin), FailedMargin: float64(g.failed), HoldMargin: float64(g.holdMargin), Primary: g.metrics,
		Budget: g.budget, Settle: g.limits.settle, Lengths: gate.Lengths{Hold: g.trial}, Seed: g.seed, Stored: known.stored,
	}
}

// try makes one trial at the side that is asked for; without one, as of a capacity, it is the base.
// A side that cannot be had is what came of it.
func (g *gating) try(ctx context.Context, a trial.Ask) (trial.Told, error) {
	begun := time.Now()
	name := a.Side
	if name == "" {
		name = gate.Base
	}
	url, err := g.turns.Up(ctx, name)
	if ctx.Err() != nil {
		return trial.Told{}, ctx.Err()
	}
	if err != nil {
		return trial.Told{Broken: err.Error(), Took: time.Since(begun)}, nil
	}
	told, err := g.trials.at(ctx, a, url)
	told.Took = time.Since(begun)
	return told, err
}

// after says a line of each trial that was made.
func (g *gating) after(line func() string) func(trial.Ask, *trial.Told) {
	return func(_ trial.Ask, told *trial.Told) {
		if told != nil {
			fmt.Fprintln(g.out, line())
		}
	}
}

// capacityDir is where the search for the capacity is, within the gate's directory.
func (g *gating) capacityDir() string { return filepath.Join(g.study.Dir(), "capacity") }
