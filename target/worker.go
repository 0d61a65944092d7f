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

// An order says what a process is: worker Index of the service, or the upstream.
type order struct {
	Index    int
	Procs    int // GOMAXPROCS; 0 = Go's own choice
	Service  *service.Config
	Upstream *UpstreamConfig
	Drain    time.Duration
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
	if o.Procs > 0 {
		runtime.GOMAXPROCS(o.Procs)
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
		return o.serve(ctx, ln, in)
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

func (o order) serve(ctx context.Context, ln net.Listener, in workers.Inherited) error {
	shared, err := board.Open(in.Shared[0])
	if err != nil {
		return err
	}
	// The board stays mapped: a handler that outlives the drain still counts.
	if o.Index < 0 || o.Index >= shared.Len() {
		return fmt.Errorf("the board has no slot %d", o.Index)
	}
	s := service.New(*o.Service, shared, o.Index)
	s.Slot().Begin(os.Getpid())
	if err := in.Ready(); err != nil {
		return err
	}
	limited := newListener(ln, s.Slot(), room(o.Service.WithDefaults().MaxConns))
	return serve(ctx, limited, s, o.Drain)
}
