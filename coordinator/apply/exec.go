package apply

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// afterwards is how long a program that is ended may take before it is killed.
const afterwards = time.Second

// A call is one start of a program.
type call struct {
	words []string
	v     values
	held  bool // its input stays open as long as it runs, for the other end to know; else it has none
}

// exec runs a program and gives the end of what it said. One that fails, or is ended by its
// context, is killed with all that it started; what a program that succeeds leaves behind may
// be the service, and lives on, with its streams.
func (a *Applier) exec(ctx context.Context, c call) (string, error) {
	said, err := newSpoken(a.cfg.Dir)
	if err != nil {
		return "", err
	}
	defer said.close()
	err = a.execTo(ctx, c, said, said)
	return said.end(), err
}

// execTo is exec with what the program writes kept apart.
func (a *Applier) execTo(ctx context.Context, c call, out, other *spoken) error {
	cmd := exec.CommandContext(ctx, c.words[0], c.words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = a.cfg.Base, a.environ(c.v), out.file, other.file
	// A group of its own: Ctrl-C in the terminal is loadctl's, which ends it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = afterwards
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if c.held {
		if _, err := cmd.StdinPipe(); err != nil { // Wait closes it
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err := noteHook(a.cfg.Dir, cmd.Process.Pid)
	if err != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	err = errors.Join(err, cmd.Wait())
	if err != nil { // Wait tells also of an end by ctx; one that came after the program's leaves the service alone
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = os.Remove(hookPath(a.cfg.Dir)) // of a process that is gone it says nothing
	return err
}
