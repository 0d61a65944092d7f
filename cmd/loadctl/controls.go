package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/reports/tui"
)

// controls gathers what a person asks of a run, by signal or by key, from before
// it is prepared until its files are written. The run reads its channel: the first
// interrupt drains, the second stops at once. Around the run an interrupt does
// what onInterrupt says.
type controls struct {
	out     chan coordinator.Control
	signals chan os.Signal
	done    sync.WaitGroup

	mu    sync.Mutex
	heard func()
}

func newControls() *controls {
	c := &controls{out: make(chan coordinator.Control, 16), signals: make(chan os.Signal, 4)}
	signal.Notify(c.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	c.done.Go(func() { // ends with close
		next := coordinator.Stop
		for range c.signals {
			c.ask(next)
			next = coordinator.Kill
			c.interrupted()
		}
	})
	return c
}

// onInterrupt has f called at every interrupt from now on, in place of what was
// called before; nil calls nothing.
func (c *controls) onInterrupt(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = f
}

func (c *controls) interrupted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard != nil {
		c.heard()
	}
}

// cancelling gives a context that an interrupt cancels, until it is released.
func (c *controls) cancelling(ctx context.Context) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	c.onInterrupt(cancel)
	return ctx, func() { c.onInterrupt(nil); cancel() }
}

// ask never blocks: sixteen wishes nobody has heard yet are enough.
func (c *controls) ask(wish coordinator.Control) {
	select {
	case c.out <- wish:
	default:
	}
}

// key passes on what was pressed on the dashboard.
func (c *controls) key(k tui.Control) {
	switch k {
	case tui.Pause:
		c.ask(coordinator.Pause)
	case tui.Resume:
		c.ask(coordinator.Resume)
	case tui.Stop:
		c.ask(coordinator.Stop)
	case tui.StopNow:
		c.ask(coordinator.Kill)
	}
}

func (c *controls) close() {
	signal.Stop(c.signals)
	close(c.signals)
	c.done.Wait()
}
