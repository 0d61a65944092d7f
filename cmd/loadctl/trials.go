package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/coordinator/saturation"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// trials makes the trials of a search: each is a run as any other, of the job's file at
// one level, with host and agents of its own and a run directory.
type trials struct {
	job  *job
	slo  []string // in place of the file's
	runs string   // directory of the run directories
}

// try makes one trial at the job's target. Its error is an interrupt, or a mistake that all other
// trials would make too.
func (t *trials) try(ctx context.Context, a trial.Ask) (trial.Told, error) {
	return t.at(ctx, a, t.job.options.BaseURL)
}

// at makes one trial at a target.
func (t *trials) at(ctx context.Context, a trial.Ask, baseURL string) (trial.Told, error) {
	begun := time.Now()
	j, err := t.jobOf(a, baseURL)
	if err != nil {
		return trial.Told{}, err
	}
	told, err := t.run(ctx, j, a)
	told.Took = time.Since(begun)
	return told, err
}

// jobOf is the job of one trial. Each is another draw of the same load: a hundred of one draw say no more
// than one.
func (t *trials) jobOf(a trial.Ask, baseURL string) (*job, error) {
	j := *t.job
	j.seed += uint64(a.Number)
	j.id, j.ui = fmt.Sprintf("%03d", a.Number), "none"
	j.options.BaseURL = baseURL
	j.options.Level = &scenarios.Level{Rate: a.Rate, Users: a.Users, Connections: a.Connections, Settle: a.Settle, Length: a.Length, SLO: t.slo}
	j.controls = &controls{out: make(chan coordinator.Control, 16)}
	var err error
	if j.scenario, err = parse(j.file, j.scenario.Source, j.options); err == nil && j.vouched != "" {
		j.scenario.AllowHosts, j.authorised = append(j.scenario.AllowHosts, j.vouched), append(slices.Clip(j.authorised), j.vouched)
	}
	return &j, err
}

func (t *trials) run(ctx context.Context, j *job, a trial.Ask) (trial.Told, error) {
	if err := t.clear(j.id); err != nil {
		return trial.Told{}, cannot(err, "")
	}
	writer, err := runfile.Create(t.runs, j.id)
	if err != nil {
		return trial.Told{}, cannot(err, "choose another place with --runs")
	}
	hosts, leave, err := j.reach(ctx)
	if err != nil {
		return unreached(ctx, a, errors.Join(err, writer.Abandon()))
	}
	defer leave()
	w := &watched{run: &stats.Run{}, writer: writer, ask: a, limits: j.scenario.Thresholds, enough: func() { j.controls.ask(coordinator.Enough) }}
	c, err := coordinator.New(j.config(hosts, w.update, writer.Partial()))
	if err == nil {
		_, err = c.Run(ctx)
	}
	if ctx.Err() != nil {
		return trial.Told{}, errors.Join(ctx.Err(), writer.Abandon())
	}
	return w.told(err)
}

// unreached is a trial whose hosts were not reached. What the first trial meets all others would meet, too; later it may
// pass, but for a machine that is not the one it was: whoever asked must look at it.
func unreached(ctx context.Context, a trial.Ask, err error) (trial.Told, error) {
	switch {
	case ctx.Err() != nil:
		return trial.Told{}, ctx.Err()
	case a.Number > 1 && !errors.Is(err, ssh.ErrUntrusted):
		return trial.Told{Broken: err.Error()}, nil
	}
	return trial.Told{}, err
}

// clear removes what a trial left that was being made when its process died.
func (t *trials) clear(id string) error {
	return errors.Join(os.RemoveAll(filepath.Join(t.runs, id)), os.RemoveAll(filepath.Join(t.runs, id+".partial")))
}

// A watched is the run of a trial as it grows.
type watched struct {
	run    *stats.Run
	writer *runfile.Writer
	ask    trial.Ask
	limits []stats.Threshold
	enough func()
	asked  bool // for the end, as it has said enough
}

func (w *watched) update(u stats.Update) {
	w.run.Apply(u)
	w.writer.Apply(u)
	if u.Window != nil && !w.asked && w.ask.Enough(w.run, w.limits) {
		w.asked = true
		w.enough()
	}
}

// told is what came of it; its files are written. A load that this machine has no room for, after one
// that it had, is beyond the generator; if there was none before, it is a mistake.
func (w *watched) told(err error) (trial.Told, error) {
	if refusal, ok := errors.AsType[*plan.Refusal](err); ok && w.ask.Number > 1 {
		return trial.Told{Validity: stats.Invalid, Generator: true, Reasons: []string{refusal.Text}}, w.writer.Abandon()
	}
	if _, ok := errors.AsType[*coordinator.UsageError](err); ok {
		return trial.Told{}, errors.Join(usage(err, ""), w.writer.Abandon())
	}
	if w.run.Layout == nil {
		if err == nil {
			err = errors.New("it never began")
		}
		return trial.Told{Broken: err.Error()}, w.writer.Abandon()
	}
	v := view.New(w.run)
	dir, werr := w.writer.Finish(w.run, v, extras(v)...)
	if werr != nil {
		return trial.Told{}, fmt.Errorf("writing the trial: %w", werr) // its search says what is kept, and how it goes on
	}
	told := trial.Of(w.run, w.limits)
	told.Saturated = saturation.Of(w.run)
	told.GaveUp, told.Run = w.asked, filepath.Join(filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
	return told, nil
}
