package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// A job is parameters that get values, and what follows from it.
type job struct {
	params  []*tuning.Param // that are set
	values  map[string]string
	restart bool // even where nothing was set
	restore bool // go on after an error, and use what restores
}

// A StepError is a step of a hook that failed. Output is what the step said last, without
// secrets.
type StepError struct {
	Param  string // its parameter, or those that one step sets, with commas; "" = of the whole file
	Place  string // file:line of the hook
	Step   string // what was done, as the file says it
	Err    error
	Output string
	sets   []string // parameters whose values it sets; none of a restart or a wait
}

func (e *StepError) Error() string {
	text := fmt.Sprintf("%s: %s: %v", e.Place, e.Step, e.Err)
	if e.Param != "" {
		text = e.Param + " (" + e.Place + "): " + e.Step + ": " + e.Err.Error()
	}
	if e.Output != "" {
		text += "; it said: " + e.Output
	}
	return text
}

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Err }

// A step is one thing that is done, under a name that steps that do the same share.
type step struct {
	params []*tuning.Param // nil = of the file; more than one where it sets knobs together
	hook   *tuning.Hook
	what   string // for people
	same   string // key; "" of what sets a value
	do     func(ctx context.Context) (said string, err error)
}

// names are those of its parameters.
func (s *step) names() (all []string) {
	for _, p := range s.params {
		all = append(all, p.Name)
	}
	return slices.Compact(all) // two knobs of one
}

// needsUp says that a step sends what a service takes only while it runs.
func (s *step) needsUp() bool { return s.same == "" && s.hook.Kind == tuning.HTTP }

// reloads is the key of the step by which the bundled target starts its workers anew. It keeps
// what it was told, and cannot start the target itself.
const reloads = "reload"

// stages are what a job does: it sets, starts anew, waits for health, and sets again what a
// start may have made a service forget.
func (a *Applier) stages(j job) [][]step {
	starts := a.restarts(j)
	all := [][]step{a.sets(j, j.params, early(starts)), starts, a.healths(j)}
	if len(starts) == 0 {
		return all
	}
	if again := a.sets(j, a.valued(j), late); len(again) > 0 {
		all = append(all, a.onceUp(again), a.healths(j))
	}
	return all
}

// setAgain is the stage in which what a start made a service forget is set again.
const setAgain = 3

// do does a job. Without restore the first error is the last, but for a request where an earlier
// job failed: the service may be down by that, and is started nevertheless, for the next job.
func (a *Applier) do(ctx context.Context, j job) (errs []error) {
	unknown := len(a.now) == 0
	stages, valued := a.stages(j), a.valued(j)
	for _, p := range valued {
		delete(a.now, p.Name) // until it is known
	}
	for i, stage := range stages {
		for _, s := range stage {
			err := a.step(ctx, s)
			if err == nil || j.restore && i == 0 && len(stages) > setAgain && s.needsUp() { // what was down is started, and asked again
				continue
			}
			errs = append(errs, err)
			if !j.restore && !(unknown && s.needsUp() && ctx.Err() == nil) {
				clear(a.now) // whoever comes next sets everything
				return errs
			}
		}
	}
	if len(errs) > 0 {
		return errs
	}
	for _, p := range valued {
		a.now[p.Name] = j.values[p.Name]
	}
	return nil
}

func (a *Applier) step(ctx context.Context, s step) error {
	began := time.Now()
	within := s.hook.Within
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	said, err := s.do(ctx)
	if err == nil {
		a.cfg.Log.Debug("step done", "step", s.what, "took", time.Since(began))
		return nil
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		err = fmt.Errorf("interrupted: %w", context.Canceled)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("ended after %v, its time limit (within): %w", within, err)
	}
	e := &StepError{Place: fmt.Sprintf("%s:%d", a.cfg.Path, s.hook.Line), Step: a.redact.Text(s.what), Output: a.redact.Line(said), Param: strings.Join(s.names(), ", ")}
	e.Err = hidden{a.redact.Text(err.Error()), err}
	if s.same == "" {
		e.sets = s.names()
	}
	return e
}

// hidden is an error whose text has no secrets.
type hidden struct {
	text string
	err  error
}

func (h hidden) Error() string { return h.text }
func (h hidden) Unwrap() error { return h.err }

// sets are the steps that put values of parameters in force, by those of their hooks that are
// wanted. Knobs of the target are changed together.
func (a *Applier) sets(j job, params []*tuning.Param, wanted func(*tuning.Param, *tuning.Hook) bool) (all []step) {
	knobs, at := map[string]string{}, -1
	for _, p := range params {
		for i := range p.Apply {
			h := &p.Apply[i]
			switch {
			case !wanted(p, h):
				continue
			case h.Kind != tuning.Knob:
				all = append(all, a.set(j, p, h))
				continue
			case at < 0:
				at = len(all)
				all = append(all, step{[]*tuning.Param{p}, h, "target: " + h.Knob, "", func(ctx context.Context) (string, error) {
					return "", a.cfg.Target.Change(ctx, knobs)
				}})
			default:
				all[at].params, all[at].what = append(all[at].params, p), all[at].what+", "+h.Knob
			}
			knobs[h.Knob] = j.values[p.Name]
		}
	}
	return all
}

// set is one hook that is not of the target.
func (a *Applier) set(j job, p *tuning.Param, h *tuning.Hook) step {
	v := a.valuesFor(j, p)
	if h.Kind == tuning.LinodePlan {
		return a.plan(j, p, h)
	}
	if j.restore && h.Restore != nil {
		return step{[]*tuning.Param{p}, h, "restore: " + programText(h.Restore), "", func(ctx context.Context) (string, error) {
			return a.run(ctx, h, h.Restore, v)
		}}
	}
	switch h.Kind {
	case tuning.HTTP:
		return step{[]*tuning.Param{p}, h, "http: " + h.Request.Method + " " + h.Request.URL.String(), "", func(ctx context.Context) (string, error) {
			return a.send(ctx, h.Request, v)
		}}
	case tuning.EnvFile:
		return step{[]*tuning.Param{p}, h, "env_file: " + h.File.Path, "", func(context.Context) (string, error) {
			if j.restore {
				return "", a.putBack(h.File)
			}
			return "", setKey(a.path(h.File.Path), h.File.Key, j.values[p.Name])
		}}
	}
	return step{[]*tuning.Param{p}, h, a.commandText(h, h.Run), "", func(ctx context.Context) (string, error) { return a.run(ctx, h, h.Run, v) }}
}

// restarts are the steps that start services anew, each once however many parameters
// need it.
func (a *Applier) restarts(j job) (all []step) {
	for _, p := range a.started(j) {
		for i := range p.Apply {
			h, v := &p.Apply[i], a.valuesFor(j, p)
			if h.Unit != "" {
				words := unitWords(h)
				all = addOnce(all, step{[]*tuning.Param{p}, h, "unit: " + words[len(words)-1], fmt.Sprint(words), func(ctx context.Context) (string, error) {
					return a.exec(ctx, call{words: words, v: v})
				}})
			}
			if h.Restart != nil {
				all = addOnce(all, step{[]*tuning.Param{p}, h, "restart: " + programText(h.Restart), fmt.Sprint(a.argv(h, h.Restart, v)), func(ctx context.Context) (string, error) {
					return a.run(ctx, h, h.Restart, v)
				}})
			}
		}
	}
	if j.restart {
		all = append(all, a.anew(j)...)
	}
	return all
}

// anew are the steps by which the file, or the bundled target, starts the service anew.
func (a *Applier) anew(j job) (all []step) {
	v := a.valuesFor(j, nil)
	for i := range a.file.Restart {
		h := &a.file.Restart[i]
		all = append(all, step{nil, h, a.restartText(h), "restart", func(ctx context.Context) (string, error) {
			if h.Kind == tuning.HTTP {
				return a.send(ctx, h.Request, v)
			}
			return a.run(ctx, h, h.Run, v)
		}})
	}
	for i := range a.file.Params {
		p := &a.file.Params[i]
		if h := &p.Apply[0]; h.Kind == tuning.Knob && len(a.file.Restart) == 0 {
			return append(all, step{[]*tuning.Param{p}, h, "target: reload", reloads, func(ctx context.Context) (string, error) { return "", a.cfg.Target.Reload(ctx) }})
		}
	}
	return all
}

// healths are the steps that wait for what was changed.
func (a *Applier) healths(j job) (all []step) {
	add := func(of []*tuning.Param, health *tuning.Health) {
		if health == nil {
			return
		}
		h := &tuning.Hook{Line: health.Line, Within: health.Within}
		all = addOnce(all, step{of, h, "health: " + health.URL, health.URL, func(ctx context.Context) (string, error) {
			return "", a.healthy(ctx, health.URL)
		}})
	}
	for _, p := range a.affected(j) {
		for i := range p.Apply {
			add([]*tuning.Param{p}, p.Apply[i].Health)
		}
	}
	add(nil, a.file.Health)
	return all
}

func addOnce(all []step, s step) []step {
	for i := range all {
		if all[i].same == s.same {
			return all
		}
	}
	return append(all, s)
}
