package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// maxOutput bounds what is kept of what a command says.
const maxOutput = 1 << 20

// killAfter is how long a command that was interrupted may take to write its file.
const killAfter = 2 * time.Second

// Owned says whether the commands of a scenario file may run: only when it is a file of
// whoever runs it, that nobody else can write. A file from elsewhere may say anything.
func Owned(file string, monitors []scenarios.Monitor) error {
	for i := range monitors {
		if monitors[i].Type == scenarios.MonitorCommand {
			return owned(file, monitors[i].Name)
		}
	}
	return nil
}

func owned(file, name string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("monitor %s runs a command, and whose file it is cannot be seen: %w", name, err)
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || int(s.Uid) != os.Geteuid():
		return fmt.Errorf("monitor %s runs a command, and %s is somebody else's file: read it, and run a copy of your own", name, file)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("monitor %s runs a command, and others can write %s: chmod go-w %s", name, file, file)
	}
	return nil
}

// command runs a command of a look. What it writes to {out} is its profile, and what it
// says is kept beside it.
func (w *Watch) command(ctx context.Context, m *scenarios.Monitor, l look) {
	out, log := l.file(m, "command", m.Ending), l.file(m, "command", "log")
	began := time.Now()
	said, err := w.run(ctx, m, l, filepath.Join(w.cfg.Dir, filepath.FromSlash(out)))
	if len(said) > 0 {
		err = errors.Join(err, w.keep(log, said))
	}
	_, missing := os.Stat(filepath.Join(w.cfg.Dir, filepath.FromSlash(out)))
	if missing == nil {
		w.made(m, out, "command", l, time.Since(began))
	}
	if len(said) > 0 {
		w.made(m, log, "log", l, time.Since(began))
	}
	if err != nil {
		w.failed(m, w.at(time.Now()), fmt.Errorf("command at phase %s: %w%s", l.phase, err, lastLine(said)))
	} else if missing != nil && strings.Contains(strings.Join(m.Command, " "), "{out}") {
		w.failed(m, w.at(time.Now()), fmt.Errorf("command at phase %s wrote no {out}%s", l.phase, lastLine(said)))
	}
}

func (w *Watch) run(ctx context.Context, m *scenarios.Monitor, l look, out string) ([]byte, error) {
	words, err := filled(m, l, out)
	if err != nil {
		return nil, err
	}
	said := &bounded{}
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Stdout, c.Stderr = said, said
	// A group of its own: Ctrl-C in the terminal is loadctl's, and its children end with it.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = killAfter + time.Second
	var kill *time.Timer
	c.Cancel = func() error {
		group := -c.Process.Pid
		kill = time.AfterFunc(killAfter, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGINT) // profilers write what they have
	}
	err = c.Run()
	if kill != nil {
		kill.Stop()
	}
	if c.Process != nil { // what it left behind in its group
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it was ended after %s: {seconds} is how long it should take", l.length+slack)
	}
	return said.text, err
}

// filled puts in what stands for what is known only now.
func filled(m *scenarios.Monitor, l look, out string) ([]string, error) {
	var first, every string
	if m.Process != "" {
		pids, err := pidsOf(m.Process)
		if err == nil && len(pids) == 0 {
			err = fmt.Errorf("no process %s runs here", shortened(m.Process))
		}
		if err != nil {
			return nil, err
		}
		var all []string
		for _, pid := range pids {
			all = append(all, strconv.Itoa(pid))
		}
		first, every = all[0], strings.Join(all, ",")
	}
	seconds := max(1, int(l.length.Round(time.Second).Seconds()))
	put := strings.NewReplacer("{pid}", first, "{pids}", every, "{out}", out, "{seconds}", strconv.Itoa(seconds))
	words := make([]string, len(m.Command))
	for i, word := range m.Command {
		words[i] = put.Replace(word)
	}
	return words, nil
}

// A bounded keeps the beginning of what is written.
type bounded struct{ text []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), maxOutput-len(b.text))]...)
	return len(p), nil
}

// lastLine is what a command said last, for the error that follows.
func lastLine(said []byte) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + shortened(last)
	}
	return ""
}
