package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/reports/tui"
)

// controls gathers what a person asks of a run, by signal or by key, from the
// first moment of the command to its last. While there is something to stop, the
// first interrupt drains and the second stops at once. Once the run is over there
// is only something to lose: an interrupt does what then says, and ends nothing.
type controls struct {
	out     chan coordinator.Control
	early   context.Context // what comes before the run: over with the first interrupt
	cancel  context.CancelFunc
	signals chan os.Signal
	hurry   chan struct{} // closed by the second interrupt
	// insisted is how many interrupts there were, but for those of who is gone: a hangup, and output that nobody reads.
	insisted atomic.Int32
	done     sync.WaitGroup

	mu     sync.Mutex
	answer func() // nil = none
}

func newControls(ctx context.Context) *controls {
	c := &controls{out: make(chan coordinator.Control, 16), signals: make(chan os.Signal, 4), hurry: make(chan struct{})}
	c.early, c.cancel = context.WithCancel(ctx)
	signal.Notify(c.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	c.done.Go(c.listen) // ends with close
	return c
}

func (c *controls) listen() {
	next := coordinator.Stop
	unheard := false
	for s := range c.signals {
		if s == syscall.SIGPIPE && (unheard || !unread()) {
			continue // of a socket, such as that of a host which has left; or of the next line that nobody reads
		}
		unheard = unheard || s == syscall.SIGPIPE
		c.cancel()
		if s == syscall.SIGPIPE || s == syscall.SIGHUP {
			c.ask(coordinator.Stop) // whoever is gone does not insist: a terminal that is closed hangs up twice
		} else {
			c.ask(next)
			next = coordinator.Kill
			if c.insisted.Add(1) == 2 {
				close(c.hurry)
			}
		}
		c.reply()
	}
}

// untilUnread has the end of whoever reads the output be an interrupt: without, the next line that is written
// ends the process, and leaves what it has changed or rented. It is no second interrupt, however many lines are not read.
func (c *controls) untilUnread() { signal.Notify(c.signals, syscall.SIGPIPE) }

// unread says whether whoever read the output is gone: then the kernel tells an error of it, or that it was hung up.
func unread() bool {
	for _, fd := range []int32{1, 2} {
		all := []unix.PollFd{{Fd: fd}}
		if n, err := unix.Poll(all, 0); err == nil && n > 0 && all[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
			return true
		}
	}
	return false
}

// end does what the first interrupt does, for nobody.
func (c *controls) end() {
	c.cancel()
	c.ask(coordinator.Stop)
}

// ask never blocks: sixteen wishes nobody has heard yet are enough.
func (c *controls) ask(wish coordinator.Control) {
	select {
	case c.out <- wish:
	default:
	}
}

// then says what else an interrupt does from now on. What it did before is over
// when then returns.
func (c *controls) then(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = f
}

func (c *controls) reply() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer != nil {
		c.answer()
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
	c.cancel()
}

// unlessStopped makes a job, and goes without when an interrupt comes first: a
// scenario that is read from a pipe may never come. The reader is left to the end
// of the process, which is near.
func (c *controls) unlessStopped(newJob func() (*job, error)) (*job, error) {
	type made struct {
		job *job
		err error
	}
	ready := make(chan made, 1)
	go func() {
		j, err := newJob()
		ready <- made{j, err}
	}()
	select {
	case m := <-ready:
		return m.job, m.err
	case <-c.early.Done():
		return nil, interrupted()
	}
}

// unlessHurried does something that the first interrupt ends, and goes without its end when a second comes: what is left
// behind hangs on lifelines, which end with this process.
func (c *controls) unlessHurried(hint string, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }() // left to the end of the process, which is near
	select {
	case err := <-done:
		return err
	case <-c.hurry:
		return &failure{exitInterrupted, errors.New("interrupted twice: what was started is killed"), hint}
	}
}

// interrupted is the end of a run that left no figures.
func interrupted() error {
	return &failure{exitInterrupted, errors.New("interrupted before the run began; nothing was recorded"), ""}
}
