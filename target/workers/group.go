package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Config says which processes a group keeps, and behind what.
type Config struct {
	Name    string                // what one of them is called in errors and logs
	Sockets []*os.File            // listening sockets, one a worker; Run closes them
	Shared  []*os.File            // further files every worker inherits; the caller's
	Command func(i int) *exec.Cmd // a new command for worker i; Run sets ExtraFiles

	Ready   func() error     // called once, when all workers have said Ready; its error ends Run
	Exited  func(i int)      // called when a worker i was reaped, before it is replaced
	Replace <-chan os.Signal // each value replaces all workers, one after the other
	Grace   time.Duration    // between TERM and KILL; 0 = 12 s
	Log     *slog.Logger     // nil = silent
}

// ErrAtOnce is the cause of a context's end that makes Run kill the workers instead
// of asking them to finish.
var ErrAtOnce = errors.New("stop at once")

type group struct {
	cfg      Config
	lifeline *os.File // the workers' end
	unready  sync.WaitGroup
	sockets  sync.Mutex    // a socket is not closed while a process inherits it
	turn     chan struct{} // held by the one place whose worker is being replaced
}

// Run starts the workers and keeps as many alive until ctx ends; then it closes
// the sockets, sends TERM, waits, and returns nil. A worker that ends by itself is
// replaced, ever more slowly if it keeps ending. Run fails when a place's first worker
// cannot be started or ends before it was ready.
func Run(ctx context.Context, cfg Config) error {
	defer closeAll(cfg.Sockets)
	theirs, ours, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting %ss: %w", cfg.Name, err)
	}
	defer theirs.Close()
	defer ours.Close()
	cfg.Grace = cmp.Or(cfg.Grace, 12*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	g := &group{cfg: cfg, lifeline: theirs, turn: make(chan struct{}, 1)}
	return g.run(ctx)
}

func (g *group) run(ctx context.Context) error {
	inner, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	n := len(g.cfg.Sockets)
	replace := make([]chan struct{}, n)
	g.unready.Add(n)
	var tending sync.WaitGroup
	for i := range n {
		p := g.place(i)
		replace[i] = p.replace
		tending.Go(func() {
			if err := p.tend(inner); err != nil {
				fail(err)
			}
		})
	}
	tending.Go(func() {
		g.unready.Wait()
		if inner.Err() != nil || g.cfg.Ready == nil {
			return
		}
		if err := g.cfg.Ready(); err != nil {
			fail(err)
		}
	})
	g.spread(inner, replace)
	tending.Wait()
	if ctx.Err() == nil {
		return context.Cause(inner)
	}
	return nil
}

// spread passes wishes for replacement on until ctx ends. A wish that comes while
// a worker still has one is the same wish.
func (g *group) spread(ctx context.Context, replace []chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			// Our copies close first: each socket ends with the worker's own copy, and the
			// kernel refuses connections nobody would accept any more.
			g.sockets.Lock()
			closeAll(g.cfg.Sockets)
			g.sockets.Unlock()
			return
		case <-g.cfg.Replace:
			for _, c := range replace {
				select {
				case c <- struct{}{}:
				default:
				}
			}
		}
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
