package coordinator

import (
	"context"
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/monitor"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/stats"
)

// A watching is the monitors of a run at work. It is nil-safe: a run without monitors has
// none.
type watching struct {
	watch  *monitor.Watch
	news   <-chan stats.MonitorNews // nil until it has begun
	cancel context.CancelFunc
	failed map[string]int // monitors, and how often
}

// prepareWatch makes the monitors of a run, and asks none of them. What must not be asked,
// or must not be run, is a mistake of whoever asked for the run.
func (c *Coordinator) prepareWatch(ctx context.Context, aim plan.Clearance) (*watching, error) {
	s := c.cfg.Scenario
	all := c.cfg.Monitors
	if len(all) == 0 {
		return nil, nil
	}
	w, err := monitor.New(monitor.Config{
		Monitors: all, Phases: s.Phases, BaseURL: c.cfg.baseURL(), Target: aim.Addresses, TLS: c.private, Dir: c.cfg.Dir,
		Permission: plan.Permission{AllowHosts: s.AllowHosts, Authorised: s.AllowHosts},
		Resolve:    c.cfg.World.Resolve, Dial: c.cfg.World.Dial,
	})
	if err == nil {
		err = monitor.Owned(c.cfg.File, all)
	}
	if err == nil {
		within, cancel := context.WithTimeout(ctx, probeWithin)
		err = w.Clear(within)
		cancel()
	}
	if err != nil {
		return nil, &UsageError{err}
	}
	return &watching{watch: w, failed: map[string]int{}}, nil
}

// begin watches from the epoch of a run on.
func (w *watching) begin(epoch time.Time) {
	if w == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.news = cancel, w.watch.News()
	go w.watch.Run(ctx, epoch) // end reads its news until it is over
}

// channel is what is told, nil where nothing is.
func (w *watching) channel() <-chan stats.MonitorNews {
	if w == nil {
		return nil
	}
	return w.news
}

// asked is how many questions of monitors went to the target.
func (w *watching) asked() uint64 {
	if w == nil {
		return 0
	}
	return w.watch.Asked()
}

// watchPhase passes on that a phase is at work: one that holds connections once it has them.
func (d *driver) watchPhase(s *stats.Span) {
	if d.watching == nil {
		return
	}
	begin := s.Begin
	if d.cfg.Scenario.Phases[s.Phase].Connections > 0 {
		begin = s.Connected
	}
	if begin != stats.Never {
		d.watching.watch.Begun(s.Phase, begin)
	}
}

// monitored takes what a monitor tells. That one fails is said when it begins.
func (d *driver) monitored(n stats.MonitorNews) {
	if n.Note != "" {
		d.say(stats.Warning, "monitor", n.Note)
		return
	}
	if n.Changed != "" {
		d.say(stats.Informative, "monitor", fmt.Sprintf("%s: %s", n.Monitor, n.Changed))
		return
	}
	d.tell(stats.Update{Monitor: &n})
	if n.Failed == nil {
		return
	}
	if d.watching.failed[n.Monitor]++; d.watching.failed[n.Monitor] == 1 {
		d.say(stats.Warning, "monitor", fmt.Sprintf("monitor %s: %s; the run goes on without", n.Monitor, n.Failed.Why))
	}
}

// endWatch waits for the monitors, and says how often each failed.
func (d *driver) endWatch() {
	if d.watching.channel() == nil {
		return
	}
	d.watching.cancel()
	for n := range d.watching.news {
		d.monitored(n)
	}
	for i := range d.run.Monitors {
		if m := &d.run.Monitors[i]; m.Failures > 1 {
			d.say(stats.Warning, "monitor", fmt.Sprintf("monitor %s failed %d times between %s and %s, the last time: %s",
				m.Name, m.Failures, m.FirstFail.Round(time.Second), m.Last.Round(time.Second), m.Why))
		}
	}
}
