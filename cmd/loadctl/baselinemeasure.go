package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// measureOptions are the flags of `loadctl baseline measure`.
type measureOptions struct {
	runOptions
	trials int
}

const measureLong = `Makes one run of the service as it is now, and adds it to a stored baseline: trials like those that a candidate gets, at half of
the capacity that the baseline has. A gate that compares with runs alone asks for ten of them, of three days or hosts at
the least: have it made every night. Invalid trials are made again, a few times; where one breaks the SLO nothing is stored.`

func newBaselineMeasure(b *baselineOptions) *cobra.Command {
	var o measureOptions
	c := &cobra.Command{
		Use:     "measure NAME FILE --target SIDE",
		Short:   "Make a run at the load of a gate, and add it to a stored baseline",
		Long:    measureLong,
		Example: "  loadctl baseline measure main scenarios/items.yaml --target http://10.0.0.1:8080",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return measureBaseline(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), b.dir, args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.target, "target", "", "the service: `URL` or cmd:FILE")
	f.IntVar(&o.trials, "trials", 5, "that the run is the mean of")
	trialFlags(f, &o.runOptions)
	return c
}

func measureBaseline(ctx context.Context, out, errw io.Writer, dir, name, file string, o measureOptions) (err error) {
	source, err := side("--target", o.target)
	if err == nil && !source.Live() {
		err = fmt.Errorf("--target %s: it must be a URL or cmd:FILE, as it is to be measured now", o.target)
	}
	if o.trials < 2 || o.trials > 50 {
		err = errors.Join(err, fmt.Errorf("--trials: must be from 2 to 50, got %d", o.trials))
	}
	if err != nil {
		return usage(err, "")
	}
	g := &gating{file: file, out: out, errw: errw, sides: gateSides{source, source}}
	g.runOptions = o.runOptions
	controls := newControls(ctx)
	defer controls.close()
	return controls.unlessHurried("", func() error { return g.measureInto(controls.early, dir, name, o.trials) })
}

// measureInto makes a run, and adds it to the baseline of a name.
func (g *gating) measureInto(ctx context.Context, dir, name string, trials int) (err error) {
	if err := g.prepare(); err != nil {
		return err
	}
	path := baselinePath(dir, g.job.scenario.Name, name)
	b, err := g.measured(path, name)
	if err != nil {
		return err
	}
	h := g.head()
	h.Kind, h.Options = "baseline", nil
	if g.study, err = study.Create(g.runs, h); err != nil {
		return cannot(err, "choose another place with --runs")
	}
	g.equip()
	defer func() { err = errors.Join(err, g.turns.Close(), g.study.Close()) }()
	return g.measure(ctx, b, path, trials)
}

// measured is the baseline that a run is added to.
func (g *gating) measured(path, name string) (*baseline.Baseline, error) {
	first := fmt.Sprintf("first `loadctl capacity %s`, then `loadctl baseline set %s DIR`", g.file, name)
	b, err := readBaseline(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage(fmt.Errorf("no baseline %s of scenario %s has a capacity to take the load from: %w", name, g.job.scenario.Name, err), first)
	}
	if err != nil {
		return nil, usage(err, "")
	}
	if b.Capacity == nil || b.Capacity.Low <= 0 {
		return nil, usage(fmt.Errorf("%s has no capacity to take the load from", path), first+" --add")
	}
	return b, g.alike(b)
}

// measure makes the trials, and adds their run.
func (g *gating) measure(ctx context.Context, b *baseline.Baseline, path string, trials int) error {
	s := &repeat{ask: gate.Config{Capacity: b.Capacity.Low, Compare: true, Settle: g.limits.settle}.Pair(), trials: trials}
	err := g.study.Drive(ctx, s, g.try, g.after(s.line))
	if errors.Is(err, context.Canceled) {
		return &failure{exitInterrupted, errors.New("interrupted"), "nothing was stored"}
	}
	if err != nil {
		return notMade(err, "nothing was stored")
	}
	if s.broken != "" {
		return &failure{exitFailed, fmt.Errorf("nothing was stored: a trial could not be made: %s", s.broken), ""}
	}
	run, ok := runOf(g.study, s.good)
	judged := s.judged(g.limits.clauses)
	judged.ID, judged.Scenario = g.study.Head.ID, b.ScenarioHash
	if err := b.Accept(judged); err != nil {
		code := exitBroken
		if judged.Validity != stats.Valid {
			code = exitInvalid
		}
		return &failure{code, fmt.Errorf("nothing was stored: %w", err), ""}
	}
	if !ok {
		return &failure{exitBroken, errors.New("nothing was stored: more requests failed than have a response time that can be compared"), ""}
	}
	b.Runs = append(b.Runs, run)
	return writeBaseline(g.out, path, b)
}

// A repeat makes one trial some times over, after one that warms up. What was not valid is made again, but not more
// often than the others are made.
type repeat struct {
	ask    trial.Ask
	trials int
	made   int
	last   trial.Told
	good   []study.Line
	void   []trial.Told
	broken string
}

// Next is the trial to make now.
func (r *repeat) Next() (trial.Ask, bool) {
	a := r.ask
	a.Number, a.Side = r.made+1, gate.Base
	if r.made == 0 {
		a.Kind = gate.WarmUp
	}
	return a, len(r.good) < r.trials && len(r.void) <= r.trials && r.broken == ""
}

// Tell takes what came of it.
func (r *repeat) Tell(t trial.Told) {
	a, _ := r.Next()
	r.made, r.last, r.broken = r.made+1, t, t.Broken
	switch {
	case r.made == 1 || t.Broken != "":
	case t.Validity == stats.Valid:
		r.good = append(r.good, study.Line{Ask: a, Told: t})
	default:
		r.void = append(r.void, t)
	}
}

// judged is what is said of the run.
func (r *repeat) judged(clauses []trial.Clause) baseline.Judged {
	j := baseline.Judged{Validity: stats.Valid}
	if len(r.good) < r.trials {
		last := r.void[len(r.void)-1]
		j.Validity, j.Reasons = last.Validity, last.Reasons
	}
	if r.broke(clauses) {
		j.Verdict = "fail"
	}
	return j
}

// broke says whether any of the trials broke the SLO.
func (r *repeat) broke(clauses []trial.Clause) bool {
	for _, t := range r.good {
		for i, c := range t.Told.Counts {
			if i < len(clauses) && c.Share() > clauses[i].Allowed {
				return true
			}
		}
	}
	return false
}

func (r *repeat) line() string {
	t := &r.last
	if t.Broken != "" {
		return fmt.Sprintf("trial %d could not be made: %s", r.made, t.Broken)
	}
	return fmt.Sprintf("trial %d at %.4g/s: %s, p50 %s, p99 %s; %d of %d are made", r.made, r.ask.Rate, t.Validity, t.P50.Round(10*time.Microsecond), t.P99.Round(10*time.Microsecond),
		len(r.good), r.trials)
}

var _ trial.Search = &repeat{}
