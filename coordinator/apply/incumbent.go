package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/loadctl/loadctl/tuning"
)

// ask finds the incumbent, once: it changes nothing, and all that cannot be had is told
// at once.
func (a *Applier) ask(ctx context.Context) error {
	if a.incumbent != nil {
		return nil
	}
	found := map[string]string{}
	var errs []error
	var knobs map[string]string
	if a.file.Uses(tuning.Knob) {
		within, cancel := context.WithTimeout(ctx, oneLook*5)
		defer cancel()
		var err error
		if knobs, err = a.cfg.Target.Settings(within); err != nil {
			return fmt.Errorf("asking the target for its settings: %w", err)
		}
	}
	for i := range a.file.Params {
		p := &a.file.Params[i]
		value, err := a.current(ctx, p, knobs)
		if err != nil {
			errs = append(errs, err)
		}
		found[p.Name] = value
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	a.incumbent = found
	for name, value := range found {
		if !a.rents(name) { // of its plan there is no machine yet
			a.now[name] = value
		}
	}
	return nil
}

// current is the value in force of one parameter.
func (a *Applier) current(ctx context.Context, p *tuning.Param, knobs map[string]string) (string, error) {
	place := fmt.Sprintf("%s (%s:%d)", p.Name, a.cfg.Path, p.Line)
	for _, h := range p.Apply {
		if _, there := knobs[h.Knob]; h.Kind == tuning.Knob && !there {
			return "", fmt.Errorf("%s: the target has no setting %q: `loadctl target get` lists them", place, h.Knob)
		}
	}
	value, err := a.seen(ctx, p, knobs)
	switch {
	case err != nil:
		return "", err
	case value == "" && p.Current == "":
		return "", fmt.Errorf("%s: nothing says what is in force now: give current", place)
	case value == "":
		return p.Current, nil
	case strings.ContainsAny(value, "\x00\r\n") || len(value) > 1000:
		return "", fmt.Errorf("%s: what is in force was read as more than a line: %s", place, a.redact.Line(value))
	case p.Current != "" && !tuning.Same(value, p.Current):
		return "", fmt.Errorf("%s: the file says that %s is in force, and it is %s: mend current in the file, or set it so", place, p.Current, a.redact.Text(value))
	}
	if err := p.Reckons(value); err != nil {
		return "", errors.New(a.redact.Text(fmt.Sprintf("%s: %s is %s, which %v", place, a.source(p), value, err)))
	}
	return value, nil
}

// source says where the value in force is read.
func (a *Applier) source(p *tuning.Param) string {
	h := p.Read
	if h == nil {
		h = &p.Apply[0]
	}
	switch h.Kind {
	case tuning.Knob:
		return "the target's setting " + h.Knob
	case tuning.EnvFile:
		return h.File.Key + " in " + a.path(h.File.Path)
	}
	return "the answer of " + a.readText(h)
}

// seen is what the target tells of a parameter, "" where it tells nothing.
func (a *Applier) seen(ctx context.Context, p *tuning.Param, knobs map[string]string) (value string, err error) {
	first := &p.Apply[0]
	switch {
	case p.Read != nil && p.Read.Kind == tuning.Knob:
		return knobs[p.Read.Knob], nil
	case p.Read != nil && p.Read.Kind == tuning.EnvFile:
		return getKey(a.path(p.Read.File.Path), p.Read.File.Key)
	case p.Read != nil:
		err = a.step(ctx, step{[]*tuning.Param{p}, p.Read, "read: " + a.readText(p.Read), "", func(ctx context.Context) (string, error) {
			value, err = a.answer(ctx, p)
			return value, err
		}})
		return value, err
	case first.Kind == tuning.Knob:
		return knobs[first.Knob], nil
	case first.Kind == tuning.EnvFile:
		return getKey(a.path(first.File.Path), first.File.Key)
	}
	return "", nil
}

// answer asks by a hook.
func (a *Applier) answer(ctx context.Context, p *tuning.Param) (string, error) {
	v := a.valuesFor(job{}, nil)
	if p.Read.Kind != tuning.HTTP {
		return a.told(ctx, call{words: a.argv(p.Read, p.Read.Run, v), v: v})
	}
	said, err := a.send(ctx, p.Read.Request, v)
	if err != nil || p.Read.Request.JSON == "" {
		return strings.TrimSpace(said), err
	}
	found := gjson.Get(said, p.Read.Request.JSON)
	if !gjson.Valid(said) || !found.Exists() {
		return said, fmt.Errorf("the answer has no %s", p.Read.Request.JSON)
	}
	return found.String(), nil
}

// told is what a program says on its standard output; of one that fails, all that it says.
func (a *Applier) told(ctx context.Context, c call) (string, error) {
	said, err := newSpoken(a.cfg.Dir)
	if err != nil {
		return "", err
	}
	defer said.close()
	warned, err := newSpoken(a.cfg.Dir)
	if err != nil {
		return "", err
	}
	defer warned.close()
	if err := a.execTo(ctx, c, said, warned); err != nil {
		return said.end() + "\n" + warned.end(), err
	}
	return strings.TrimSpace(said.end()), nil
}

func (a *Applier) readText(h *tuning.Hook) string {
	if h.Kind == tuning.HTTP {
		return h.Request.Method + " " + h.Request.URL.String()
	}
	return a.commandText(h, h.Run)
}
