package target

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/workers"
)

// ServeConfig is `loadctl target serve`. The zero value serves on a free loopback
// port, by knobs.Defaults and with an upstream of its own.
type ServeConfig struct {
	Listen   string         // host:port; "" = 127.0.0.1:0, one free port for all workers
	Sockets  string         // ReusePort or Shared; "" = ReusePort
	Settings knobs.Settings // the zero value = knobs.Defaults
	// AuthToken is the answer of /.well-known/loadctl; "" = 404.
	AuthToken string
	// Simulator configures the upstream that is started when Settings name none; only
	// Listen "", Delay "" = "lognormal:p50=3ms,p99=15ms".
	Simulator UpstreamConfig
	// Admin is the API by which the service is looked into and changed while it runs.
	Admin AdminConfig
	// Signals are obeyed as Gunicorn's master does: HUP reloads, TTIN and TTOU add and
	// remove a worker, TERM ends in good order, INT and QUIT at once; nil = none comes.
	Signals <-chan os.Signal
	// Reread are the settings as they would be if Serve began now: a reload takes them;
	// nil = a reload keeps those in force.
	Reread func() (knobs.Settings, error)
	// Worker starts this program as `loadctl target worker`; nil = os.Executable with
	// these arguments, and stderr passed on.
	Worker func() *exec.Cmd

	Parent

	controls func(*master) // called once with the service that is about to run
}

// DefaultDelay is the delay of a simulator started by Serve.
const DefaultDelay = "lognormal:p50=3ms,p99=15ms"

// slots is how many worker processes may live at once. When so many leave that none is
// free, a replacement waits.
const slots = knobs.MostWorkers + 64

// Validate reports everything that is wrong with a configuration.
func (c ServeConfig) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Settings.Validate(), c.Admin.Validate()}
	if c.Sockets != ReusePort && c.Sockets != Shared {
		errs = append(errs, fmt.Errorf("sockets: must be %s or %s, got %q", ReusePort, Shared, c.Sockets))
	}
	if c.Settings.Workers < 0 || c.Settings.Workers > knobs.MostWorkers {
		errs = append(errs, fmt.Errorf("workers: must be between 1 and %d, got %d", knobs.MostWorkers, c.Settings.Workers))
	}
	if c.Settings.Upstream == "" {
		errs = append(errs, c.Simulator.Validate())
	}
	return errors.Join(errs...)
}

func (c ServeConfig) withDefaults() ServeConfig {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Sockets = cmp.Or(c.Sockets, ReusePort)
	if c.Settings.Procs == 0 { // no settings that were read have that
		c.Settings = knobs.Defaults()
	}
	c.Simulator.Delay = cmp.Or(c.Simulator.Delay, DefaultDelay)
	c.Log = silentUnless(c.Log)
	if c.Worker == nil {
		c.Worker = self()
	}
	return c
}

// Serve runs the service until ctx ends or a signal says so (then it drains and returns
// nil) or its lifeline does (then it stops at once and returns nil). It fails when the port is
// in use or a process cannot be started; no process is left then either.
func Serve(ctx context.Context, cfg ServeConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	sockets, at, err := listen(ctx, cfg.Listen, cfg.Sockets, workersOf(cfg.Settings))
	if err != nil {
		return err
	}
	m := &master{cfg: cfg, cancel: cancel, at: at, token: cfg.Admin.newToken(), key: rand.Text()}
	if cfg.Settings.Upstream != "" {
		return m.serve(ctx, sockets)
	}
	return m.withSimulator(ctx, sockets)
}

// withSimulator runs the workers above an upstream that starts before them and
// ends after them.
func (m *master) withSimulator(ctx context.Context, sockets workers.Sockets) error {
	below, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	upSocket, upAt, err := listenShared(ctx, "127.0.0.1:0")
	if err != nil {
		sockets.Close()
		return err
	}
	ready, failed := make(chan struct{}), make(chan error, 1)
	go func() { failed <- m.cfg.simulator(below, upSocket, func() error { close(ready); return nil }) }()
	m.simulator = baseURL(upAt)
	select {
	case err := <-failed:
		sockets.Close()
		return err
	case <-ctx.Done():
		sockets.Close()
	case <-ready:
		err = m.serve(ctx, sockets)
	}
	end(context.Cause(ctx))
	return errors.Join(err, <-failed)
}

func (c ServeConfig) simulator(ctx context.Context, socket one, ready func() error) error {
	return workers.New(workers.Config{Name: "upstream", Workers: 1, Sockets: socket, Ready: ready, Log: c.Log,
		Command: func(int) *exec.Cmd { return c.command(order{Upstream: &c.Simulator}) }}).Run(ctx)
}

func (c ServeConfig) command(o order) *exec.Cmd {
	cmd := c.Worker()
	cmd.Env = append(cmd.Environ(), o.env())
	return cmd
}

// serve runs the worker processes and says when all of them are ready.
func (m *master) serve(ctx context.Context, sockets workers.Sockets) error {
	shared, err := board.New(slots)
	if err != nil {
		sockets.Close()
		return err
	}
	defer func() { _ = shared.Close() }()
	m.board = shared
	if _, is := sockets.(one); is {
		shared.Master().OneQueue.Store(1)
	}
	forget, err := m.ownDatabase()
	if err == nil {
		defer forget()
		err = m.Change(m.cfg.Settings)
	}
	if err != nil {
		sockets.Close()
		return err
	}
	m.explain()
	m.group = workers.New(workers.Config{Name: "worker", Workers: workersOf(m.cfg.Settings), Slots: slots,
		Sockets: sockets, Linger: handshakes, Shared: []*os.File{shared.File()}, Log: m.cfg.Log,
		Command: m.worker, Limits: m.limits, Beat: m.beat, Ended: m.ended,
		Ready: func() error { return m.cfg.readyWith(m.at, m.admin) },
	})
	return m.run(ctx, sockets)
}

// run runs the workers, and beside them what looks at them from outside.
func (m *master) run(ctx context.Context, sockets workers.Sockets) error {
	over, obeyed := make(chan struct{}), make(chan struct{})
	beside, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	url, wait, err := m.administer(beside)
	if err != nil {
		end()
		sockets.Close()
		return errors.Join(err, wait())
	}
	m.admin = url
	if m.cfg.controls != nil {
		m.cfg.controls(m)
	}
	go func() {
		defer close(obeyed)
		m.obey(over)
	}()
	err = m.group.Run(ctx)
	end()
	close(over)
	<-obeyed
	return errors.Join(err, wait())
}

// ownDatabase is a folder for the SQLite file of a service that names no database, and
// removes it. A master that is killed leaves that to its workers.
func (m *master) ownDatabase() (forget func(), err error) {
	folder, err := os.MkdirTemp("", "loadctl-target-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the database: %w", err)
	}
	m.database = filepath.Join(folder, "items.db")
	return func() { forgetDatabase(m.database) }, nil
}

// forgetDatabase removes what SQLite made of a file, and its folder if nothing else is in
// it: a path that was wrong must cost nobody a folder.
func forgetDatabase(path string) {
	for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + beside)
	}
	_ = os.Remove(filepath.Dir(path))
}
