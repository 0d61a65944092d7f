package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/service"
	"github.com/loadctl/loadctl/target/workers"
)

// WorkerEnv is the environment variable in which a master tells a process what it
// is. Its value goes to ServeWorker as WorkerConfig.Order.
const WorkerEnv = "LOADCTL_TARGET_ORDER"

// WorkerConfig is the hidden `loadctl target worker`: a process started by Serve.
type WorkerConfig struct {
	Order string       // the value of the environment variable WorkerEnv
	Log   *slog.Logger // nil = silent
}

// An order says what a process is: a worker of the service, whose settings are on the
// board, or the upstream.
type order struct {
	Slot     int
	Service  *service.Config
	Token    string // of the worker's profiles
	Upstream *UpstreamConfig
}

func (o order) env() string {
	text, err := json.Marshal(o)
	if err != nil {
		return WorkerEnv + "=" // cannot happen; the worker says that it has no order
	}
	return WorkerEnv + "=" + string(text)
}

// ServeWorker serves the socket inherited from the master until ctx ends (it
// drains) or the master does (it returns at once). Its caller ends ctx on SIGTERM
// and needs no other signal: the process has a group of its own.
func ServeWorker(ctx context.Context, cfg WorkerConfig) error {
	var o order
	if err := json.Unmarshal([]byte(cfg.Order), &o); err != nil {
		return fmt.Errorf("a worker is started by `loadctl target serve` only: %s: %w", WorkerEnv, err)
	}
	shared := 0
	if o.Service != nil {
		shared = 1 // the board
	}
	in, err := workers.Inherit(shared)
	if err != nil {
		return err
	}
	ctx, cancel := Parent{Lifeline: in.Lifeline}.ctx(ctx)
	defer cancel(nil)
	ln, err := net.FileListener(in.Socket)
	if err != nil {
		return fmt.Errorf("listening on the inherited socket: %w", err)
	}
	in.Socket.Close()
	switch {
	case o.Upstream != nil:
		return o.simulate(ctx, ln, in)
	case o.Service != nil:
		return o.serve(ctx, ln, in, cfg.Log)
	}
	return errors.New("the order names nothing to serve")
}

func (o order) simulate(ctx context.Context, ln net.Listener, in workers.Inherited) error {
	sim, err := o.Upstream.parse()
	if err != nil {
		return err
	}
	if err := in.Ready(); err != nil {
		return err
	}
	return simulate(ctx, ln, sim, o.Upstream.Drain)
}

// serve answers requests by the settings on the board.
func (o order) serve(ctx context.Context, ln net.Listener, in workers.Inherited, log *slog.Logger) error {
	shared, err := board.Open(in.Shared[0])
	if err != nil {
		return err
	}
	// The board stays mapped: a handler that outlives the drain still counts.
	if o.Slot < 0 || o.Slot >= shared.Len() {
		return fmt.Errorf("the board has no slot %d", o.Slot)
	}
	w := &worker{board: shared, slot: shared.Slot(o.Slot), in: in, log: log, luck: chance()}
	settings, err := w.read()
	if err != nil {
		return err
	}
	first := *o.Service
	first.Settings, first.Log = settings, log
	if w.service, err = service.New(first, shared, o.Slot); err != nil {
		return err
	}
	w.slot.Begin(os.Getpid())
	defer w.profiles(o.Token)()
	err = errors.Join(w.run(ctx, ln, settings), w.service.Close())
	if errors.Is(context.Cause(ctx), workers.ErrAtOnce) && o.Service.Database != "" {
		forgetDatabase(o.Service.Database) // the master may have had no time to
	}
	return err
}

// run serves until ctx ends, with a heartbeat beside it.
func (w *worker) run(ctx context.Context, ln net.Listener, first settings) error {
	limited := newListener(ln, w.slot, room(others(first)))
	limited.alive, limited.waited = w.beat, w.slot.QueueWait.Add
	w.server = newServer(limited, w.service)
	w.server.phases = phases{fresh: &w.slot.Fresh, active: &w.slot.Active}
	w.server.enough = func() { _ = w.in.Replace() }
	w.follow(first)
	w.slot.Process.Settings.Store(w.version)
	w.beat()
	if err := w.in.Ready(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go w.live(ctx, ended)
	go w.watch(ended)
	go w.tell(ended)
	return w.server.run(ctx, func() time.Duration {
		w.slot.Process.Retiring.Store(1)
		_ = w.in.Leaving() // a master that is gone needs no word
		return w.now.Load().GracefulTimeout
	})
}

// others are the files of a worker's pools, which its clients must leave it.
func others(s settings) int {
	databases, each := 1+len(s.Replicas), s.PoolSize+max(0, s.MaxOverflow)
	if len(s.Shards) > 0 {
		databases = len(s.Shards)
	}
	return s.UpstreamMaxConnections + databases*each
}

// follow has settings in force that are the worker's own.
func (w *worker) follow(s settings) {
	runtime.GOMAXPROCS(s.Procs)
	if !w.server.draining.Load() {
		files := room(others(s))
		w.slot.Process.Room.Store(int64(files))
		w.slot.Process.Places.Store(int64(w.server.listener.places.resize(s.WorkerConnections, files)))
	}
	w.server.listener.keepAlive.Store(int64(s.KeepAlive))
	w.server.limit.Store(requestLimit(s, w.luck))
	w.now.Store(&s)
}
