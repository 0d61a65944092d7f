package apply

import (
	"context"
	"errors"
	"fmt"
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
	Param  string // "" = of the whole file
	Place  string // file:line of the hook
	Step   string // what was done, as the file says it
	Err    error
	Output string
	sets   bool // it sets a value, in place of a restart or a wait
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
	param *tuning.Param // nil = of the file
	hook  *tuning.Hook
	what  string // for people
	same  string // key; "" of what sets a value
	do    func(ctx context.Context) (said string, err error)
}

// affected are the parameters whose services a job may start anew or change.
func (a *Applier) affected(j job) []*tuning.Param {
	if !j.restart {
		return j.params
	}
	all := make([]*tuning.Param, len(a.file.Params))
	for i := range a.file.Params {
		all[i] = &a.file.Params[i]
	}
	return all
}

// stages are what a job does: it sets, restarts, waits for health. What is set by HTTP is
// gone with a service that was started anew, and is set again.
func (a *Applier) stages(j job) [][]step {
	all := [][]step{a.sets(j), a.restarts(j), a.healths(j)}
	if again := a.forgotten(j); len(again) > 0 {
		all = append(all, again, a.healths(j))
	}
	return all
}

// forgotten are the steps that set what a service that is started anew has forgotten.
func (a *Applier) forgotten(j job) (all []step) {
	if !j.restart {
		return nil
	}
	for _, p := range a.affected(j) {
		for i := range p.Apply {
			if h := &p.Apply[i]; h.Kind == tuning.HTTP {
				all = append(all, a.set(j, p, h))
			}
		}
	}
	return all
}

// do does a job. Without restore the first error is the last.
func (a *Applier) do(ctx context.Context, j job) (errs []error) {
	for _, p := range j.params {
		delete(a.now, p.Name) // until it is known
	}
	var failed bool
	for _, stage := range a.stages(j) {
		for _, s := range stage {
			if err := a.step(ctx, s); err != nil {
				errs, failed = append(errs, err), true
				if !j.restore {
					clear(a.now) // whoever comes next sets everything
					return errs
				}
			}
		}
	}
	if failed {
		return errs
	}
	for _, p := range j.params {
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
	e := &StepError{Place: fmt.Sprintf("%s:%d", a.cfg.Path, s.hook.Line), Step: a.redact.Text(s.what), Output: a.redact.Line(said), sets: s.same == ""}
	e.Err = hidden{a.redact.Text(err.Error()), err}
	if s.param != nil {
		e.Param = s.param.Name
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

// sets are the steps that put values in force. Knobs of the target are changed together.
func (a *Applier) sets(j job) (all []step) {
	knobs := map[string]string{}
	for _, p := range j.params {
		for i := range p.Apply {
			h := &p.Apply[i]
			switch {
			case h.Kind != tuning.Knob:
				all = append(all, a.set(j, p, h))
				continue
			case len(knobs) == 0:
				all = append(all, step{p, h, "target: " + h.Knob, "", func(ctx context.Context) (string, error) {
					return "", a.cfg.Target.Change(ctx, knobs)
				}})
			}
			knobs[h.Knob] = j.values[p.Name]
		}
	}
	return all
}

// set is one hook that is not of the target.
func (a *Applier) set(j job, p *tuning.Param, h *tuning.Hook) step {
	v := a.valuesFor(j, p)
	if j.restore && h.Restore != nil {
		return step{p, h, "restore: " + programText(h.Restore), "", func(ctx context.Context) (string, error) {
			return a.run(ctx, h, h.Restore, v)
		}}
	}
	switch h.Kind {
	case tuning.HTTP:
		return step{p, h, "http: " + h.Request.Method + " " + h.Request.URL.String(), "", func(ctx context.Context) (string, error) {
			return a.send(ctx, h.Request, v)
		}}
	case tuning.EnvFile:
		return step{p, h, "env_file: " + h.File.Path, "", func(context.Context) (string, error) {
			if j.restore {
				return "", a.putBack(h.File)
			}
			return "", setKey(a.path(h.File.Path), h.File.Key, j.values[p.Name])
		}}
	}
	return step{p, h, a.commandText(h, h.Run), "", func(ctx context.Context) (string, error) { return a.run(ctx, h, h.Run, v) }}
}

// restarts are the steps that start services anew, each once however many parameters
// need it.
func (a *Applier) restarts(j job) (all []step) {
	for _, p := range a.affected(j) {
		for i := range p.Apply {
			h, v := &p.Apply[i], a.valuesFor(j, p)
			if h.Unit != "" {
				words := unitWords(h)
				all = addOnce(all, step{p, h, "unit: " + words[len(words)-1], fmt.Sprint(words), func(ctx context.Context) (string, error) {
					return a.exec(ctx, call{words: words, v: v})
				}})
			}
			if h.Restart != nil {
				all = addOnce(all, step{p, h, "restart: " + programText(h.Restart), fmt.Sprint(a.argv(h, h.Restart, v)), func(ctx context.Context) (string, error) {
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
			return append(all, step{p, h, "target: reload", "reload", func(ctx context.Context) (string, error) { return "", a.cfg.Target.Reload(ctx) }})
		}
	}
	return all
}

// healths are the steps that wait for what was changed.
func (a *Applier) healths(j job) (all []step) {
	add := func(p *tuning.Param, health *tuning.Health) {
		if health == nil {
			return
		}
		h := &tuning.Hook{Line: health.Line, Within: health.Within}
		all = addOnce(all, step{p, h, "health: " + health.URL, health.URL, func(ctx context.Context) (string, error) {
			return "", a.healthy(ctx, health.URL)
		}})
	}
	for _, p := range a.affected(j) {
		for i := range p.Apply {
			add(p, p.Apply[i].Health)
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
