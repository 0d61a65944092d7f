package apply

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/tuning"
)

// afterwards is how long a program that is ended, or children that hold its streams, may
// take before they are left alone or killed.
const afterwards = time.Second

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
	return a.exec(ctx, a.argv(h, p, v), v)
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
	return append(all, "value="+v("value"))
}

// exec runs words and gives the end of what they said. A program that fails, or is ended
// by its context, is killed with all that it started; what a program that succeeds leaves
// behind may be the service, and lives on.
func (a *Applier) exec(ctx context.Context, words []string, v values) (string, error) {
	said := &tail{}
	err := a.execTo(ctx, words, v, said, said)
	return said.String(), err
}

// execTo is exec with what the program writes kept apart.
func (a *Applier) execTo(ctx context.Context, words []string, v values, out, other *tail) error {
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = a.cfg.Base, a.environ(v), out, other
	// A group of its own: Ctrl-C in the terminal is loadctl's, which ends it in order.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = afterwards
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	err := c.Run()
	if errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		err = nil // it is through; a service that it started has its streams
	}
	if (err != nil || ctx.Err() != nil) && c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	}
	return err
}

// sshWords run a program on another machine, by the system's ssh, which asks nobody for
// anything.
func (a *Applier) sshWords(host *tuning.Host, p *tuning.Program, v values) []string {
	words := []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"}
	if host.Port > 0 {
		words = append(words, "-p", strconv.Itoa(host.Port))
	}
	if host.Identity != "" {
		words = append(words, "-i", host.Identity, "-o", "IdentitiesOnly=yes")
	}
	return append(words, "--", host.Name, a.remote(p, v))
}

// remote is the command line for the shell of another machine: every value is quoted, or
// given as a variable.
func (a *Applier) remote(p *tuning.Program, v values) string {
	var words []string
	if p.Shell == "" {
		for _, w := range filled(p.Words, v) {
			words = append(words, quoted(w))
		}
		return strings.Join(words, " ")
	}
	words = append(words, "env")
	for i := range a.file.Params {
		name := a.file.Params[i].Name
		words = append(words, name+"="+quoted(v(name)))
	}
	return strings.Join(append(words, "value="+quoted(v("value")), "sh", "-c", quoted(p.Shell)), " ")
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

// mostSaid bounds what is kept of what a step says: its end.
const mostSaid = 16 << 10

// A tail keeps the end of what is written.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - mostSaid; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.text) }
