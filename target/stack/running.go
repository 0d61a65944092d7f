package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A running is a part that was started. It belongs to one goroutine at a time: Run's until
// the part is well, then that of tend.
type running struct {
	Part
	stack  *stack
	log    *os.File
	failed chan<- error
	stop   chan struct{} // closed: end
	done   chan struct{} // closed: it has

	cmd      *exec.Cmd
	lifeline *os.File      // our end
	exited   chan struct{} // closed when cmd was waited for
	heard    *listener
	ready    Ready
	dead     deaths
}

// first prepares a part and starts it.
func (r *running) first(ctx context.Context) error {
	begin := time.Now()
	ctx, cancel := r.hurriable(ctx)
	defer cancel()
	if r.Prepare != nil {
		if err := r.Prepare(ctx, Preparation{r.log, r.stack.presence}); err != nil {
			return fmt.Errorf("%s: %w%s", r.Name, err, r.tail())
		}
	}
	if err := r.launch(); err != nil {
		return err
	}
	if err := r.gate(ctx); err != nil {
		return err
	}
	r.stack.tell(Event{Part: r.Name, What: "ready", Text: r.Address, Took: time.Since(begin), Ready: r.ready})
	return nil
}

// hurriable ends with ctx, with hurry, and when the part is to stop.
func (r *running) hurriable(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-ctx.Done():
		case <-r.stack.cfg.Hurry:
		case <-r.stop:
		}
		cancel()
	}()
	return ctx, cancel
}

// launch starts the program with a lifeline of its own.
func (r *running) launch() error {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	defer theirs.Close()
	cmd := r.Command()
	if !r.Own {
		inner := cmd
		cmd = r.stack.cfg.Keep(r.Part, inner.Args, "")
		cmd.Env = append(cmd.Environ(), inner.Env...)
	}
	r.heard = newListener(r.log)
	cmd.Stdout, cmd.Stderr = r.heard, r.log
	cmd.ExtraFiles = []*os.File{theirs, r.stack.presence}
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = time.Second // its children may hold its streams longer
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", r.Name, err), ours.Close())
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }() // how it ended is in ProcessState
	r.cmd, r.lifeline, r.exited = cmd, ours, exited
	return nil
}

// ownGroup keeps a Ctrl-C of the terminal from parts: they end in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// gate waits until a part that was started is well.
func (r *running) gate(ctx context.Context) error {
	late := time.NewTimer(r.Within)
	defer late.Stop()
	r.ready = Ready{PID: r.cmd.Process.Pid}
	if r.Own {
		select {
		case r.ready = <-r.heard.said:
		case <-r.exited:
			return r.ended("before it was ready")
		case <-late.C:
			return fmt.Errorf("%s was not ready within %s%s", r.Name, r.Within, r.tail())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.well(ctx, late.C)
}

func (r *running) well(ctx context.Context, late <-chan time.Time) error {
	var last error
	for again := time.After(0); ; again = time.After(askAgain) {
		select {
		case <-again:
		case <-r.exited:
			return r.ended("before it was well")
		case <-late:
			return fmt.Errorf("%s was not well within %s: %w%s", r.Name, r.Within, last, r.tail())
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.Healthy == nil {
			return nil
		}
		const patience = 2 * time.Second
		asking, cancel := context.WithTimeout(ctx, patience)
		err := r.Healthy(asking, r.ready)
		cancel()
		if err == nil {
			return nil
		}
		last = err
	}
}

func (r *running) ended(when string) error {
	return fmt.Errorf("%s ended %s (%s)%s", r.Name, when, r.cmd.ProcessState, r.tail())
}

func (r *running) tail() string { return tail(r.log.Name()) }

// tend keeps a part alive until it is to stop, or dies too often.
func (r *running) tend() {
	defer close(r.done)
	defer r.end()
	ctx, cancel := r.hurriable(context.Background())
	defer cancel()
	for {
		select {
		case <-r.stop:
			return
		case <-r.exited:
		}
		select {
		case <-r.stack.closing: // who ends a machine ends all of it
			return
		default:
		}
		if !r.again(ctx) {
			return
		}
	}
}

// again starts a part that died until it is well, or will not be.
func (r *running) again(ctx context.Context) bool {
	why := r.cmd.ProcessState.String()
	for {
		r.end() // what is left of it
		pause, more := r.dead.died(time.Since(r.stack.began))
		if !more {
			r.failed <- fmt.Errorf("%s died %d times within %s (%s): the stack ends, as numbers of half a stack would mislead%s",
				r.Name, mostDeaths, deathWindow, why, r.tail())
			return false
		}
		r.stack.tell(Event{Part: r.Name, What: "died", Text: why})
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
		begin := time.Now()
		err := r.launch()
		if err == nil {
			err = r.gate(ctx)
		}
		if err == nil {
			r.stack.tell(Event{Part: r.Name, What: "restarted", Text: r.Address, Took: time.Since(begin), Ready: r.ready})
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		why, _, _ = strings.Cut(err.Error(), "\n") // the end of the log is told with the last one
	}
}

// end ends what runs of a part: it is asked to, and after its grace it is made to.
func (r *running) end() {
	if r.cmd == nil {
		return
	}
	defer func() { _ = r.lifeline.Close(); r.cmd = nil }()
	_ = r.cmd.Process.Signal(syscall.SIGTERM) // of a process that is gone nothing comes
	select {
	case <-r.exited:
		return
	case <-time.After(r.Grace + hurry): // a keeper has the grace itself
	case <-r.stack.cfg.Hurry:
	}
	_ = r.lifeline.Close()
	select {
	case <-r.exited:
	case <-time.After(2 * hurry):
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
}
