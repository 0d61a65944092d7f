// Package target runs the reference service that loadctl is tried on: a master
// with several worker processes on one port, and the simulator of their upstream.
// Its functions block until their context ends and own every process they start.
//
// It shares no code with what measures it: the yardstick must not inherit the
// meter's bugs. It reads no flags, environment or signals; its caller does.
package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/loadctl/loadctl/target/workers"
)

// DefaultDrain is how long requests may take to finish once a stop was asked for.
const DefaultDrain = 5 * time.Second

// A Parent is what a part of the target shares with whoever started it.
type Parent struct {
	// Lifeline, when not nil, ends everything at once when it reads end of file:
	// the parent holds the other end and needs do nothing to let go of it.
	Lifeline *os.File
	// Out gets one line, `READY http://HOST:PORT pid=PID`, once connections are
	// accepted by every process; nil = os.Stdout.
	Out io.Writer
	// Log is told of changes of state; nil = silent.
	Log *slog.Logger
}

// ready prints the line that a parent waits for.
func (p Parent) ready(at net.Addr) error { return p.readyWith(at, "") }

// readyWith says too where the admin API is, if there is one.
func (p Parent) readyWith(at net.Addr, admin string) error {
	if admin != "" {
		admin = " admin=" + admin
	}
	out := p.Out
	if out == nil {
		out = os.Stdout
	}
	if _, err := fmt.Fprintf(out, "READY %s pid=%d%s\n", baseURL(at), os.Getpid(), admin); err != nil {
		return fmt.Errorf("saying that the target is ready: %w", err)
	}
	return nil
}

// ctx ends with the given one, or at once with the lifeline.
func (p Parent) ctx(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if p.Lifeline != nil {
		go hold(p.Lifeline, cancel)
	}
	return ctx, cancel
}

// hold reads a lifeline until its other end closes. It may outlive its caller: a
// read of a pipe ends with the pipe or with the process.
func hold(lifeline *os.File, cancel context.CancelCauseFunc) {
	_, err := io.Copy(io.Discard, lifeline)
	if err != nil {
		err = fmt.Errorf("reading the lifeline: %w", err)
	}
	cancel(errors.Join(workers.ErrAtOnce, err))
}

// self starts this program again as `loadctl target worker`.
func self() func() *exec.Cmd {
	return func() *exec.Cmd {
		path, err := os.Executable()
		if err != nil {
			path = os.Args[0]
		}
		cmd := exec.Command(path, "target", "worker")
		cmd.Stderr = os.Stderr
		return cmd
	}
}
