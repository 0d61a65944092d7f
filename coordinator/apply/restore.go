package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// Restore puts the incumbent back: every parameter that may have been changed, restarts,
// health, in the order of Apply. It goes on after an error, and after the end of ctx, of which it
// has the values alone; its time is bounded by its steps. Once all is back it does nothing.
// An error is *LeftError, and the journal stays for Recover.
func (a *Applier) Restore(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.journal.Touched) == 0 {
		return nil
	}
	j := job{values: a.incumbent, restore: true, restart: a.journal.Anew}
	for _, name := range a.journal.Touched {
		if p := a.file.Param(name); p != nil && (a.now[name] != a.incumbent[name] || a.unlike(p) || a.rents(name)) {
			j.params = append(j.params, p)
		}
	}
	a.cfg.Log.Info("restoring", "setting", a.file.Setting(a.incumbent))
	if len(j.params) > 0 || j.restart {
		if errs := a.do(context.WithoutCancel(ctx), j); len(errs) > 0 {
			return a.left(j, errs)
		}
	}
	if err := removeJournal(a.cfg.Dir); err != nil {
		return fmt.Errorf("all is as it was before, but the journal stays: %w", err)
	}
	a.journal = journal{}
	return nil
}

// unlike says that a file of the parameter is written otherwise than it was, though the
// value may be the same.
func (a *Applier) unlike(p *tuning.Param) bool {
	for _, h := range p.Apply {
		if h.Kind != tuning.EnvFile {
			continue
		}
		for _, k := range a.journal.Files {
			now, err := os.ReadFile(k.Path)
			if k.Path == a.path(h.File.Path) && (err != nil || string(withLineOf(now, k.Text, h.File.Key)) != string(now)) {
				return true
			}
		}
	}
	return false
}

// Changed says that something is, or may be, other than it was: Restore has something to do.
func (a *Applier) Changed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.journal.Touched) > 0
}

// Limit bounds how long Restore takes at most: the sum of its steps.
func (a *Applier) Limit() (sum time.Duration) {
	j := job{values: map[string]string{}, restart: true, restore: true}
	j.params = a.affected(j)
	for _, stage := range a.stages(j) {
		for _, s := range stage {
			sum += s.hook.Within + 2*afterwards
		}
	}
	return sum
}

// A LeftError says in which state a target was left that could not be restored, and what
// puts it right.
type LeftError struct {
	Errs []error  // what failed
	Left []string // "pool: unknown, was 8"
	Mend []string // commands, in order
	Dir  string   // of the journal
}

func (e *LeftError) Error() string {
	var b strings.Builder
	b.WriteString("the target could not be put back as it was:\n")
	for _, err := range e.Errs {
		fmt.Fprintf(&b, "  %v\n", err)
	}
	fmt.Fprintf(&b, "it was left so: %s\n", strings.Join(e.Left, "; "))
	b.WriteString("to mend it:\n")
	for _, m := range e.Mend {
		fmt.Fprintf(&b, "  %s\n", m)
	}
	fmt.Fprintf(&b, "or start the tuning again, which tries this first; the journal is %s", journalPath(e.Dir))
	return b.String()
}

// Unwrap gives what failed.
func (e *LeftError) Unwrap() []error { return e.Errs }

// left describes what a restoring that failed leaves behind.
func (a *Applier) left(j job, errs []error) *LeftError {
	e := &LeftError{Errs: errs, Dir: a.cfg.Dir}
	var failed []string
	after := "" // a restart or a health check failed, whose services may be those of all
	for _, err := range errs {
		if s, ok := errors.AsType[*StepError](err); ok {
			failed = append(failed, s.sets...)
			if s.sets == nil {
				after = ", but the service may not go by it, or be down"
			}
		}
	}
	for _, p := range a.valued(j) {
		was := a.incumbent[p.Name]
		if a.rents(p.Name) {
			e.Left = append(e.Left, p.Name+": a machine that was rented may still be there, and costs money")
			continue
		}
		if !slices.Contains(failed, p.Name) {
			e.Left = append(e.Left, fmt.Sprintf("%s: set back to %s%s", p.Name, was, after))
			continue
		}
		e.Left = append(e.Left, fmt.Sprintf("%s: not known, was %s", p.Name, was))
	}
	e.Mend = a.mend(j)
	for i := range e.Mend {
		e.Mend[i] = a.redact.Text(e.Mend[i])
	}
	return e
}

// mend are the commands that do by hand what a restoring does.
func (a *Applier) mend(j job) (all []string) {
	add := func(s string) {
		for _, have := range all {
			if have == s {
				return
			}
		}
		all = append(all, s)
	}
	put := func(params []*tuning.Param, wanted func(*tuning.Param, *tuning.Hook) bool) {
		for _, p := range params {
			for i := range p.Apply {
				if wanted(p, &p.Apply[i]) {
					add(a.mendOne(j, p, &p.Apply[i]))
				}
			}
		}
	}
	put(j.params, early(a.restarts(j)))
	for _, p := range a.started(j) {
		for i := range p.Apply {
			h := &p.Apply[i]
			if h.Unit != "" {
				add(strings.Join(unitWords(h), " "))
			}
			if h.Restart != nil {
				add(a.line(j, p, h, h.Restart))
			}
		}
	}
	if j.restart {
		a.mendAnew(j, add)
	}
	put(a.valued(j), late) // those that were set before stand there once
	return all
}

// mendAnew are the commands by which the file starts the service anew.
func (a *Applier) mendAnew(j job, add func(string)) {
	if knob := func(p tuning.Param) bool { return p.Apply[0].Kind == tuning.Knob }; len(a.file.Restart) == 0 && slices.ContainsFunc(a.file.Params, knob) {
		add(a.knobCommand("reload"))
	}
	for i := range a.file.Restart {
		if h := &a.file.Restart[i]; h.Kind == tuning.HTTP {
			add(a.curl(h.Request, a.valuesFor(j, nil)))
		} else {
			add(a.line(j, nil, h, h.Run))
		}
	}
}

func (a *Applier) mendOne(j job, p *tuning.Param, h *tuning.Hook) string {
	v := a.valuesFor(j, p)
	switch {
	case h.Kind == tuning.LinodePlan:
		return "loadctl fleet ls   # and loadctl fleet down ID of what is for " + a.cfg.Dir
	case h.Restore != nil:
		return a.line(j, p, h, h.Restore)
	case h.Kind == tuning.Knob:
		return a.knobCommand("set") + " " + h.Knob + "=" + shellWord(j.values[p.Name])
	case h.Kind == tuning.HTTP:
		return a.curl(h.Request, v)
	case h.Kind == tuning.EnvFile:
		return fmt.Sprintf("$EDITOR %s   # %s", shellWord(a.path(h.File.Path)), a.envLine(h.File))
	}
	return a.line(j, p, h, h.Run)
}

// knobCommand is a command of the bundled target that was tuned: with several, or one elsewhere, its API must be named.
func (a *Applier) knobCommand(verb string) string {
	if at := cmp.Or(a.journal.Admin, a.cfg.Admin); at != "" {
		return "loadctl target " + verb + " --admin " + shellWord(at)
	}
	return "loadctl target " + verb
}

// envLine says what a line of an environment file was.
func (a *Applier) envLine(f *tuning.EnvEntry) string {
	for _, k := range a.journal.Files {
		if lines := split(k.Text); k.Path == a.path(f.Path) {
			if at := lineOf(lines, f.Key); at >= 0 {
				return "the line was " + strings.TrimSpace(lines[at])
			}
		}
	}
	return "there was no line " + f.Key + "="
}

// line is a program as a person would type it. Secrets stay the names of their variables.
func (a *Applier) line(j job, p *tuning.Param, h *tuning.Hook, run *tuning.Program) string {
	v := a.unsecret(a.valuesFor(j, p))
	words := a.argv(h, run, v)
	var all []string
	if run.Shell != "" && h.Kind != tuning.SSH {
		for i := range a.file.Params {
			name := a.file.Params[i].Name
			all = append(all, name+"="+shellWord(v(name)))
		}
		all = append(all, "value="+shellWord(v("value")))
	}
	for _, w := range words {
		all = append(all, shellWord(w))
	}
	if h.Kind != tuning.SSH {
		return "cd " + shellWord(a.cfg.Base) + " && " + strings.Join(all, " ")
	}
	return strings.Join(all, " ")
}

// unsecret has the names of environment variables in place of their values.
func (a *Applier) unsecret(v values) values {
	return func(name string) string {
		if env, ok := strings.CutPrefix(name, "env."); ok {
			return "${" + env + "}"
		}
		return v(name)
	}
}

func (a *Applier) curl(r *tuning.Request, v values) string {
	v = a.unsecret(v)
	words := []string{"curl", "-X", r.Method}
	for _, h := range r.Headers {
		words = append(words, "-H", shellWord(h.Name+": "+h.Value.Fill(v, nil)))
	}
	for _, f := range r.Form {
		words = append(words, "-d", shellWord(f.Name+"="+f.Value.Fill(v, nil)))
	}
	if body := r.Body.Fill(v, nil); body != "" {
		words = append(words, "--data-raw", shellWord(body))
	}
	return strings.Join(append(words, shellWord(r.URL.Fill(v, nil))), " ")
}

// shellWord quotes a word where a shell needs it.
func shellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./:@%+,=-", c))
	}) {
		return text
	}
	if strings.Contains(text, "${") && !strings.Contains(text, `"`) {
		return `"` + text + `"`
	}
	return quoted(text)
}
