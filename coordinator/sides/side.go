package sides

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// A Keeper starts a program on a lifeline: its words come before `--stop N --grace D -- argv…`. It is
// given the lifeline as file 3 and a pipe that it holds open as file 4, asks the
// program's group to end when it gets TERM, and at once when the lifeline ends.
type Keeper []string

// A Side is a build that was started.
type Side struct {
	command  *Command
	keeper   Keeper
	cmd      *exec.Cmd
	lifeline *os.File // ours: closing it ends the side
	log      *os.File
	said     *tail
	ended    chan struct{}
	once     sync.Once
	stopped  error
}

// Start starts a side and waits until it is ready. What was started is ended again when that
// fails, or when ctx is over; the error has the last that it wrote.
func Start(ctx context.Context, keeper Keeper, c *Command) (*Side, error) {
	if err := vacant(ctx, c.URL); err != nil {
		return nil, err
	}
	s := &Side{command: c, keeper: keeper, said: &tail{}, ended: make(chan struct{})}
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.File, err)
	}
	if err := s.await(ctx); err != nil {
		err = fmt.Errorf("starting %s: %w%s", c.File, err, s.said.quoted())
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL is where it answers.
func (s *Side) URL() string { return s.command.URL }

// Ended is closed when what was started is gone. A start that only starts a daemon is gone soon.
func (s *Side) Ended() <-chan struct{} { return s.ended }

// Detached says whether what start ran has left the service running behind it, to be ended by the stop
// command.
func (s *Side) Detached() bool {
	select {
	case <-s.ended:
		return len(s.command.Stop.Run) > 0 && s.cmd.ProcessState.Success()
	default:
		return false
	}
}

// Said is the end of what it wrote, for an error; "" where it wrote nothing.
func (s *Side) Said() string { return s.said.quoted() }

func (s *Side) begin() (err error) {
	life, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer life.Close()
	presence, held, err := os.Pipe()
	if err != nil {
		return errors.Join(err, ours.Close())
	}
	defer held.Close()
	defer presence.Close()
	s.lifeline = ours
	if s.log, err = openLog(s.command.Log); err != nil {
		return errors.Join(err, ours.Close())
	}
	s.cmd = s.kept(s.command.Start)
	s.cmd.ExtraFiles = []*os.File{life, held}
	var out io.Writer = s.said
	if s.log != nil {
		out = io.MultiWriter(s.said, s.log)
	}
	s.cmd.Stdout, s.cmd.Stderr = out, out
	if err := s.cmd.Start(); err != nil {
		return errors.Join(err, ours.Close(), closeLog(s.log))
	}
	go s.wait() // ends with the process, which Stop sees to
	return nil
}

// kept is the keeper with the program behind it.
func (s *Side) kept(argv []string) *exec.Cmd {
	c := s.command
	words := slices.Concat(s.keeper, []string{"--group", "--stop", strconv.Itoa(int(c.Stop.Signal)), "--grace", c.Stop.Within.String(), "--"}, argv)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	// A group of its own: Ctrl-C in the terminal is the gate's to handle.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second // a daemon that left may hold the pipe of what is written
	return cmd
}

func (s *Side) wait() {
	_ = s.cmd.Wait() // how it ended is in ProcessState
	_ = closeLog(s.log)
	close(s.ended)
}

func openLog(file string) (*os.File, error) {
	if file == "" {
		return nil, nil
	}
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

func closeLog(f *os.File) error {
	if f == nil {
		return nil
	}
	return f.Close()
}
