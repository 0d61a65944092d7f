package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/service"
	"github.com/loadctl/loadctl/target/workers"
)

// ServeConfig is `loadctl target serve`. The zero value serves on a free loopback
// port, with a worker for each core and an upstream of its own.
type ServeConfig struct {
	Listen  string // host:port; "" = 127.0.0.1:0, one free port for all workers
	Workers int    // 0 = one for each core, at least 2
	Procs   int    // cores one worker may use; 0 = 1, so that workers are what is scaled
	// Service configures each worker. Its Upstream "" starts a simulator as a child.
	Service service.Config
	// Simulator configures that child; only Listen "", Delay "" =
	// "lognormal:p50=3ms,p99=15ms".
	Simulator UpstreamConfig
	Drain     time.Duration    // 0 = DefaultDrain
	Replace   <-chan os.Signal // each value (a SIGHUP) replaces the workers one by one; nil = never
	// Worker starts this program as `loadctl target worker`; nil = os.Executable with
	// these arguments, and stderr passed on.
	Worker func() *exec.Cmd

	Parent
}

// DefaultDelay is the delay of a simulator started by Serve.
const DefaultDelay = "lognormal:p50=3ms,p99=15ms"

// mostWorkers bounds what a slip of the finger can start.
const mostWorkers = 256

// Validate reports everything that is wrong with a configuration.
func (c ServeConfig) Validate() error {
	c = c.withDefaults()
	var errs []error
	if c.Workers < 1 || c.Workers > mostWorkers {
		errs = append(errs, fmt.Errorf("workers: must be between 1 and %d, got %d", mostWorkers, c.Workers))
	}
	if c.Procs < 1 {
		errs = append(errs, fmt.Errorf("procs: must be > 0, got %d", c.Procs))
	}
	checked := c.Service
	if checked.Upstream == "" {
		checked.Upstream = "http://started.later"
		errs = append(errs, c.Simulator.Validate())
	}
	return errors.Join(append(errs, checked.Validate())...)
}

func (c ServeConfig) withDefaults() ServeConfig {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Workers = cmp.Or(c.Workers, defaultWorkers())
	c.Procs = cmp.Or(c.Procs, 1)
	c.Drain = cmp.Or(c.Drain, DefaultDrain)
	c.Service = c.Service.WithDefaults()
	c.Simulator.Delay = cmp.Or(c.Simulator.Delay, DefaultDelay)
	if c.Worker == nil {
		c.Worker = self()
	}
	return c
}

// Serve runs the service until ctx ends (then it drains and returns nil) or its
// lifeline does (then it stops at once and returns nil). It fails when the port is
// in use or a process cannot be started; no process is left then either.
func Serve(ctx context.Context, cfg ServeConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	sockets, at, err := listen(ctx, cfg.Listen, cfg.Workers)
	if err != nil {
		return err
	}
	if cfg.Service.Upstream != "" {
		return cfg.workers(ctx, sockets, at)
	}
	return cfg.withSimulator(ctx, sockets, at)
}

// withSimulator runs the workers above an upstream that starts before them and
// ends after them.
func (c ServeConfig) withSimulator(ctx context.Context, sockets []*os.File, at net.Addr) error {
	below, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	upSocket, upAt, err := listen(ctx, "127.0.0.1:0", 1)
	if err != nil {
		closeFiles(sockets)
		return err
	}
	ready, failed := make(chan struct{}), make(chan error, 1)
	go func() { failed <- c.simulator(below, upSocket, func() error { close(ready); return nil }) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	above := c // the goroutine reads c
	above.Service.Upstream = baseURL(upAt)
	select {
	case err := <-failed:
		closeFiles(sockets)
		return err
	case <-ctx.Done():
		closeFiles(sockets)
	case <-ready:
		err = above.workers(ctx, sockets, at)
	}
	end(context.Cause(ctx))
	return errors.Join(err, <-failed)
}

func (c ServeConfig) simulator(ctx context.Context, socket []*os.File, ready func() error) error {
	return workers.Run(ctx, workers.Config{Name: "upstream", Sockets: socket, Ready: ready, Log: c.Log,
		Command: func(int) *exec.Cmd { return c.command(order{Upstream: &c.Simulator}) }})
}

// workers runs the worker processes and says when all of them are ready.
func (c ServeConfig) workers(ctx context.Context, sockets []*os.File, at net.Addr) error {
	shared, err := board.New(len(sockets))
	if err != nil {
		closeFiles(sockets)
		return err
	}
	defer func() { _ = shared.Close() }()
	return workers.Run(ctx, workers.Config{Name: "worker", Sockets: sockets, Shared: []*os.File{shared.File()},
		Replace: c.Replace, Grace: c.Drain + 2*time.Second, Log: c.Log,
		Command: func(i int) *exec.Cmd {
			return c.command(order{Index: i, Procs: c.Procs, Service: &c.Service, Drain: c.Drain})
		},
		Ready: func() error { return c.ready(at) },
		// A worker that was killed cannot say that its connections are gone.
		Exited: func(i int) { shared.Slot(i).Reset() },
	})
}

func (c ServeConfig) command(o order) *exec.Cmd {
	cmd := c.Worker()
	cmd.Env = append(cmd.Environ(), o.env())
	return cmd
}
