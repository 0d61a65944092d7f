package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/reports/tui"
)

// controls gathers what a person asks of a run, by signal or by key, into the
// coordinator's channel. The first interrupt drains, the second stops at once.
type controls struct {
	out     chan coordinator.Control
	signals chan os.Signal
	done    sync.WaitGroup
}

func newControls() *controls {
	c := &controls{out: make(chan coordinator.Control, 16), signals: make(chan os.Signal, 4)}
	signal.Notify(c.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	c.done.Go(func() { // ends with close
		next := coordinator.Stop
		for range c.signals {
			c.ask(next)
			next = coordinator.Kill
		}
	})
	return c
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
