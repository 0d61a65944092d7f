package coordinator

import (
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// step tells the machine what happened and does what it says. What doing makes
// happen in turn is told to the machine after that, so that actions keep their
// order.
func (d *driver) step(e run.Event) {
	d.pending = append(d.pending, e)
	if d.stepping {
		return
	}
	d.stepping = true
	for len(d.pending) > 0 {
		next := d.pending[0]
		d.pending = d.pending[1:]
		for _, a := range d.machine.Step(d.now(), next) {
			d.do(a)
		}
	}
	d.stepping = false
}

func (d *driver) do(a run.Action) {
	switch a := a.(type) {
	case run.Become:
		d.become(a.State)
	case run.Prepare:
		d.prepare()
	case run.Start:
		d.start(a.Epoch)
	case run.Begin:
		d.broadcast(func() *loadctlpb.SessionResponse {
			return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Begin{Begin: &loadctlpb.Begin{Phase: uint32(a.Phase), At: int64(a.At)}}}
		})
	case run.End:
		d.broadcast(func() *loadctlpb.SessionResponse {
			return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_End{End: &loadctlpb.End{Phase: uint32(a.Phase), At: int64(a.At)}}}
		})
	case run.Reshare:
		d.reshare(a)
	case run.Drain:
		d.broadcast(func() *loadctlpb.SessionResponse {
			return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Drain{Drain: &loadctlpb.Drain{At: int64(a.At), Deadline: int64(a.Deadline)}}}
		})
	case run.Hold:
		d.hold(a)
	case run.Stop:
		d.broadcast(func() *loadctlpb.SessionResponse {
			return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Stop{Stop: &loadctlpb.Stop{Reason: a.Reason}}}
		})
	case run.Close:
		d.closeWindow(a)
	case run.Span:
		d.tell(stats.Update{Span: &a.Span})
		d.watchPhase(&a.Span)
	case run.Say:
		d.tell(stats.Update{Event: &a.Event})
	}
}

// broadcast gives every host an order of its own: each numbers its orders.
func (d *driver) broadcast(order func() *loadctlpb.SessionResponse) {
	for _, l := range d.links {
		if l.joined || l.machine != nil {
			l.order(order())
		}
	}
}

func (d *driver) become(s run.State) {
	d.log.Info("run changed state", "to", s.String())
	switch s {
	case run.Starting, run.Running, run.Draining, run.Stopping, run.Done:
		d.tell(stats.Update{State: &stats.State{Name: shown(s)}})
	}
}

// shown is the state as a reader sees it: handing in is still draining.
func shown(s run.State) string {
	if s == run.Stopping {
		return run.Draining.String()
	}
	return s.String()
}

// start fixes the epoch on each host's own monotonic clock, and begins the record.
func (d *driver) start(epoch time.Duration) {
	for _, l := range d.links {
		l.epoch = l.clock.Agree(epoch)
	}
	d.counted.loadBegins()
	d.watching.begin(d.zero.Add(epoch))
	d.began(time.Now().Add(epoch - d.now()))
	for _, l := range d.links {
		l.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Start{
			Start: &loadctlpb.Start{EpochMonotonic: l.epoch},
		}})
	}
}

func (d *driver) hold(a run.Hold) {
	d.broadcast(func() *loadctlpb.SessionResponse {
		return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Pause{Pause: &loadctlpb.Pause{Paused: a.Paused, At: int64(a.At)}}}
	})
	name := run.Running.String()
	if a.Paused {
		name = "paused"
	}
	d.tell(stats.Update{State: &stats.State{Name: name}})
}

// reshare gives the lost agents' shares to the others, and tells every host
// the new shares of its own.
func (d *driver) reshare(a run.Reshare) {
	d.fleet.Redistribute(a.Lost...)
	for _, l := range d.links {
		r := &loadctlpb.Reshare{From: int64(a.From)}
		for _, g := range d.fleet.Live() {
			if g.Host == l.host.Name() {
				r.Agents = append(r.Agents, &loadctlpb.AgentPlan{Name: g.Name, Share: wire.EncodeShare(g.Share)})
			}
		}
		if len(r.Agents) > 0 {
			l.order(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Reshare{Reshare: r}})
		}
	}
}

// closeWindow hands a whole second on, judges the run with it, and ends the run
// when a limit broke that says so.
func (d *driver) closeWindow(a run.Close) {
	w := d.windows.close(a.Window, d.cfg.Scenario.Layout)
	w.Partial, w.Paused = a.Partial, a.Paused
	complete(w, d.fleet)
	w.Apart = d.apart()
	d.tell(stats.Update{Window: w})
	if len(d.cfg.Scenario.Thresholds) == 0 {
		return
	}
	verdicts := stats.JudgeAll(d.cfg.Scenario.Thresholds, &d.run)
	d.tell(stats.Update{Verdicts: verdicts})
	i := slices.IndexFunc(verdicts, func(v stats.Verdict) bool { return v.Aborts(d.run.Now()) })
	if i < 0 {
		d.broke = 0
	} else if d.stayedBroken() {
		d.step(run.Broken{Text: verdicts[i].Threshold.String()})
	}
}

// stayedBroken says whether a limit that ends the run is broken still, though another second has
// passed. After a stall of the generator several are closed at once, of which only the one
// behind them tells that answers were read late, so that they are left out.
func (d *driver) stayedBroken() bool {
	now := d.now()
	if d.broke == 0 {
		d.broke = now
	}
	return now-d.broke >= stats.WindowLength/2
}
