package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/reports/tui"
	"github.com/loadctl/loadctl/stats"
)

// A screen is one way to watch a run: update is called from one goroutine as the
// run grows, leave once it is over.
type screen struct {
	update func(r *stats.Run, u stats.Update)
	leave  func()
}

func (j *job) screen(ctx context.Context) screen {
	quiet := func() {}
	switch j.ui {
	case "tui":
		return j.dashboard(ctx)
	case "plain":
		p := &text.Plain{Out: j.out, Interval: j.interval, Color: j.color}
		return screen{p.Update, quiet}
	case "json":
		n := &text.JSON{Out: j.out, Interval: j.interval}
		return screen{n.Update, quiet}
	}
	return screen{func(*stats.Run, stats.Update) {}, quiet}
}

// dashboard runs the terminal dashboard beside the run: leaving it does not end
// the run, and a finished run is shown until a key is pressed or --hold is over.
func (j *job) dashboard(ctx context.Context) screen {
	ctx, cancel := context.WithCancel(ctx)
	d := tui.New(tui.Config{Controls: j.controls.key, Out: j.out, HoldAtEnd: j.hold > 0})
	var shown sync.WaitGroup
	begin := sync.OnceFunc(func() {
		shown.Go(func() {
			if err := d.Run(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(j.errw, "loadctl:", err)
			}
		})
	})
	return screen{
		update: func(_ *stats.Run, u stats.Update) {
			begin()
			if u.Ended != nil { // before it is seen to be over, or the first signal is lost
				j.controls.then(cancel)
			}
			d.Send(u)
		},
		leave: func() {
			j.controls.then(cancel) // a signal leaves a finished dashboard, as a key does
			defer time.AfterFunc(j.hold, cancel).Stop()
			shown.Wait()
			cancel()
		},
	}
}
