package sides

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Stop ends a side, and waits for it: by its command or by its signal, then by force. It is safe
// to call more than once.
func (s *Side) Stop() error {
	s.once.Do(func() { s.stopped = s.stop() })
	return s.stopped
}

func (s *Side) stop() error {
	defer s.said.close()
	defer s.lifeline.Close()
	err := s.ask()
	if s.gone(s.command.Stop.Within + time.Second) { // the keeper kills the group before
		return err
	}
	s.lifeline.Close()
	if s.gone(3 * time.Second) {
		return err
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	return errors.Join(err, fmt.Errorf("ending %s: its keeper did not end and was killed: see that nothing is left", s.command.File))
}

// ask asks a side to end. A command that fails, or does not end it, is followed by the signal. One that
// fails as the side had died by itself is no error: that it died is in the figures.
func (s *Side) ask() error {
	var err error
	if len(s.command.Stop.Run) > 0 {
		lives := s.Alive(context.Background())
		if err = s.command.runStop(); err == nil && s.gone(s.command.Stop.Within) {
			return nil
		}
		if !lives {
			s.warned, err = err, nil
		}
	}
	select {
	case <-s.ended:
	default:
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
	}
	return err
}

func (s *Side) gone(within time.Duration) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-s.ended:
		return true
	case <-late.C:
		return false
	}
}

// runStop runs the command that ends a side.
func (c *Command) runStop() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.Stop.Within)
	defer cancel()
	said := &tail{}
	cmd := exec.CommandContext(ctx, c.Stop.Run[0], c.Stop.Run[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.Dir, append(os.Environ(), c.Env...), said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("stop of %s: %w%s", c.File, err, said.quoted(c.redactor()))
	}
	return nil
}
