package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/tuning"
)

// values give what ${…} stands for: of parameters, "value" and "env.NAME".
type values func(name string) string

// valuesFor are those of a job, for a hook of one parameter; nil = of none.
func (a *Applier) valuesFor(j job, p *tuning.Param) values {
	return func(name string) string {
		env, isEnv := strings.CutPrefix(name, "env.")
		switch {
		case isEnv:
			return getenv(a.cfg.Environ, env)
		case name == "value" && p != nil:
			return j.values[p.Name]
		case strings.HasPrefix(name, "node."):
			return a.node.of(name)
		}
		if v, ok := j.values[name]; ok {
			return v
		}
		return a.incumbent[name]
	}
}

// getenv is the last value of a variable, as the kernel and shells have it.
func getenv(environ []string, name string) string {
	for _, one := range slices.Backward(environ) {
		if v, ok := strings.CutPrefix(one, name+"="); ok {
			return v
		}
	}
	return ""
}

// run runs a program where the hook is.
func (a *Applier) run(ctx context.Context, h *tuning.Hook, p *tuning.Program, v values) (string, error) {
	words := a.argv(h, p, v)
	if h.Kind == tuning.SSH {
		return a.exec(ctx, call{guarded(words, h.Within), v, true})
	}
	return a.exec(ctx, call{words, v, false})
}

// argv are the words of a program, with values put in; those of the shell are its text as
// it stands.
func (a *Applier) argv(h *tuning.Hook, p *tuning.Program, v values) []string {
	if h.Kind == tuning.SSH {
		return a.sshWords(h.Host, p, v)
	}
	if p.Shell != "" {
		return []string{"/bin/sh", "-c", p.Shell}
	}
	return filled(p.Words, v)
}

func filled(words []tuning.Template, v values) (all []string) {
	for _, w := range words {
		all = append(all, w.Fill(v, nil))
	}
	return all
}

// environ is what a hook sees: its values by their names.
func (a *Applier) environ(v values) []string {
	all := slices.Clone(a.cfg.Environ)
	for i := range a.file.Params {
		name := a.file.Params[i].Name
		all = append(all, name+"="+v(name))
	}
	if a.file.Uses(tuning.LinodePlan) {
		for _, name := range tuning.NodeNames() {
			all = append(all, strings.ReplaceAll(name, ".", "_")+"="+v(name))
		}
	}
	return append(all, "value="+v("value"))
}

// quoted is text as one word of any shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func unitWords(h *tuning.Hook) []string {
	if h.UserUnit {
		return []string{"systemctl", "--user", "restart", h.Unit}
	}
	return []string{"systemctl", "restart", h.Unit}
}

// programText is a program as the file has it, on one short line.
func programText(p *tuning.Program) string {
	text := p.Shell
	if text == "" {
		var words []string
		for _, w := range p.Words {
			words = append(words, w.String())
		}
		text = strings.Join(words, " ")
	}
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 80 {
		text = string(r[:80]) + "…"
	}
	return text
}

func (a *Applier) commandText(h *tuning.Hook, p *tuning.Program) string {
	if h.Kind == tuning.SSH {
		return fmt.Sprintf("ssh: %s: %s", h.Host.Name, programText(p))
	}
	return "command: " + programText(p)
}

func (a *Applier) restartText(h *tuning.Hook) string {
	if h.Kind == tuning.HTTP {
		return "restart: " + h.Request.Method + " " + h.Request.URL.String()
	}
	return "restart: " + a.commandText(h, h.Run)
}
