package sides

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/loadctl/loadctl/coordinator/secrets"
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
	said     *stream
	redact   *secrets.Redactor
	ended    chan struct{}
	once     sync.Once
	stopped  error
	warned   error // of its stop command, which had nothing to end
}

// Start starts a side and waits until it is ready. What was started is ended again when that
// fails, or when ctx is over; the error has the last that it wrote.
func Start(ctx context.Context, keeper Keeper, c *Command) (*Side, error) {
	if err := vacant(ctx, c.URL); err != nil {
		return nil, err
	}
	s := &Side{command: c, keeper: keeper, redact: c.redactor(), ended: make(chan struct{})}
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.File, err)
	}
	if err := s.await(ctx); err != nil {
		err = fmt.Errorf("starting %s: %w%s", c.File, err, s.Said())
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// URL is where it answers.
func (s *Side) URL() string { return s.command.URL }

// Ended is closed when what was started is gone. A start that only starts a daemon is gone soon.
func (s *Side) Ended() <-chan struct{} { return s.ended }

// Alive says whether there is still something to load: what was started runs, or the daemon answers that
// it has left behind.
func (s *Side) Alive(ctx context.Context) bool {
	select {
	case <-s.ended:
		return s.detached() && answers(ctx, s.command.URL)
	default:
		return true
	}
}

// detached says whether start is through and may have left a daemon behind, to be ended by the stop
// command.
func (s *Side) detached() bool {
	select {
	case <-s.ended:
		return len(s.command.Stop.Run) > 0 && s.cmd.ProcessState.Success()
	default:
		return false
	}
}

// Said is the end of what it wrote, for an error, without secrets; "" where it wrote nothing.
func (s *Side) Said() string { return s.said.quoted(s.redact) }

// Warned is what went wrong, once it was stopped, and spoils nothing that was measured.
func (s *Side) Warned() error { return errors.Join(s.warned, s.said.incomplete()) }

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
	said, to, err := newStream(s.command.Log)
	if err != nil {
		return errors.Join(err, ours.Close())
	}
	defer to.Close()
	s.said = said
	s.cmd = s.kept(s.command.Start)
	s.cmd.ExtraFiles = []*os.File{life, held}
	s.cmd.Stdout, s.cmd.Stderr = to, to
	if err := s.cmd.Start(); err != nil {
		to.Close()
		s.said.close()
		return errors.Join(err, ours.Close())
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
	return cmd
}

func (s *Side) wait() {
	_ = s.cmd.Wait() // how it ended is in ProcessState
	s.said.drained()
	close(s.ended)
}
