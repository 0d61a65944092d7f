package workers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A place is the position of one worker in its group; processes come and go in it.
type place struct {
	*group
	i       int
	replace chan struct{} // a wish to have the process replaced
	ready   func()        // called with every process that becomes ready; only the first counts
	ever    bool          // a process was ready here once
	turn    bool          // this place holds the group's turn to replace its process
	pause   backoff
}

func (g *group) place(i int) *place {
	return &place{group: g, i: i, replace: make(chan struct{}, 1), ready: sync.OnceFunc(g.unready.Done)}
}

// tend keeps the place filled until ctx ends. It fails when the first process
// could not be started, or ended before it was ready: that would only repeat itself.
func (p *place) tend(ctx context.Context) error {
	defer p.ready() // whoever waits for all must not wait for a place that gave up
	defer p.passTurn()
	for ctx.Err() == nil {
		err := p.one(ctx)
		if ctx.Err() == nil && !p.ever {
			return err
		}
	}
	return nil
}

// one starts one process and returns when it is gone and its successor is due.
func (p *place) one(ctx context.Context) error {
	proc, err := p.start(p.i)
	if err != nil {
		p.cfg.Log.Error("worker not started", "kind", p.cfg.Name, "worker", p.i, "err", err)
		wait(ctx, p.pause.died(0))
		return err
	}
	replaced := p.watch(ctx, proc)
	if p.cfg.Exited != nil {
		p.cfg.Exited(p.i)
	}
	if ctx.Err() == nil && !replaced {
		p.passTurn()
		p.cfg.Log.Warn("worker ended", "kind", p.cfg.Name, "worker", p.i, "pid", proc.pid(), "how", proc.end())
		wait(ctx, p.pause.died(time.Since(proc.born)))
	}
	return fmt.Errorf("%s %d ended before it was ready: %s", p.cfg.Name, p.i, proc.end())
}

// watch returns when the process is gone: by itself, to be replaced (then true),
// or because ctx ended.
func (p *place) watch(ctx context.Context, proc *process) (replaced bool) {
	said := proc.ready
	for {
		select {
		case <-said:
			said, p.ever = nil, true
			p.ready()
			p.passTurn()
			p.cfg.Log.Debug("worker ready", "kind", p.cfg.Name, "worker", p.i, "pid", proc.pid())
		case <-proc.done:
			return false
		case <-p.replace:
			return p.retire(ctx, proc)
		case <-ctx.Done():
			proc.stop(p.patience(ctx))
			return false
		}
	}
}

// retire ends the process when it is this place's turn. The turn is passed on when
// the successor is ready, so that at most one place is empty.
func (p *place) retire(ctx context.Context, proc *process) bool {
	select {
	case p.group.turn <- struct{}{}:
		p.turn = true
	case <-ctx.Done():
	}
	hurry := context.AfterFunc(ctx, func() {
		if p.patience(ctx) == 0 {
			_ = proc.cmd.Process.Kill()
		}
	})
	defer hurry()
	proc.stop(p.patience(ctx))
	return true
}

func (p *place) passTurn() {
	if p.turn {
		<-p.group.turn
		p.turn = false
	}
}

// patience is how long a worker may take to finish.
func (g *group) patience(ctx context.Context) time.Duration {
	if errors.Is(context.Cause(ctx), ErrAtOnce) {
		return 0
	}
	return g.cfg.Grace
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
