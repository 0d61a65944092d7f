package agent

import (
	"fmt"
	"os"
	"time"

	"github.com/loadctl/loadctl/agent/internal/gather"
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// take turns what a loop told into what the host is to know. A loop that failed
// is an error: its share is not being run.
func (l *load) take(e event) (news []*loadctlpb.AgentUp, err error) {
	switch {
	case e.ended:
		l.running--
		l.windows.Leave(e.loop)
		if e.err != nil {
			return l.closed(nil), fmt.Errorf("loop %d: %w", e.loop, e.err)
		}
		return l.reached(l.closed(nil), l.phases.Leave(e.loop)), nil
	case e.out.Snapshot != nil:
		if err := l.windows.Add(e.loop, e.out.Snapshot.Window, e.out.Snapshot); err != nil {
			return nil, fmt.Errorf("loop %d: %w", e.loop, err)
		}
		return l.closed(nil), nil
	case e.out.Phase != nil:
		p := e.out.Phase
		return l.reached(nil, l.phases.Reach(e.loop, p.Phase, p.State, p.At)), nil
	case e.out.Notice != nil:
		n := e.out.Notice
		event := stats.Event{At: n.At, Level: n.Level, Kind: n.Kind, Text: l.name + ": " + n.Text}
		return []*loadctlpb.AgentUp{{Message: &loadctlpb.AgentUp_Notice{Notice: wire.EncodeNotice(0, &event)}}}, nil
	}
	return nil, nil
}

// closed adds the reports of windows that every loop has handed in.
func (l *load) closed(news []*loadctlpb.AgentUp) []*loadctlpb.AgentUp {
	for c, ok := l.windows.Next(); ok; c, ok = l.windows.Next() {
		merged := l.merge(c)
		health := merged.Health(l.scenario.Layout)
		health.Name, health.State, health.Ports = l.name, "ok", l.ports
		l.scenario.Expect(merged.Taken)
		health.Arrivals = merged.ArrivalTests(l.tick)
		l.usage.window(&health)
		l.clock.window(&health)
		health.Vitals = l.vitals()
		health.Vitals.LoopBusy = merged.Busy
		news = append(news, &loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_Report{Report: &loadctlpb.AgentReport{
			Snapshot: wire.EncodeSnapshot(merged),
			Health:   wire.EncodeAgentWindow(&health), WallLessMonotonic: l.clock.ahead,
		}}})
	}
	return news
}

func (l *load) merge(c gather.Closed[*stats.Snapshot]) *stats.Snapshot {
	merged := &stats.Snapshot{
		Window: c.Window,
		Cells:  make([]stats.CellStats, len(l.scenario.Layout.Cells)),
		Phases: make([]stats.PhaseStats, len(l.scenario.Layout.Phases)),
	}
	for _, p := range c.Parts {
		merged.Merge(p.Value)
	}
	return merged
}

func (l *load) reached(news []*loadctlpb.AgentUp, all []gather.Reached) []*loadctlpb.AgentUp {
	for _, r := range all {
		news = append(news, &loadctlpb.AgentUp{Message: &loadctlpb.AgentUp_PhaseEvent{PhaseEvent: &loadctlpb.PhaseEvent{
			Phase: uint32(r.Phase), State: r.State, At: int64(r.At),
		}}})
	}
	return news
}

// vitals are those since the window before. Nothing is known of windows before the start.
func (l *load) vitals() (v stats.Vitals) {
	if l.pulse != nil {
		v = l.pulse.Window()
	}
	return v
}

// usage is what this process has used so far.
type usage struct {
	cpu      time.Duration
	requests uint64
	peak     uint64
}

func (u *usage) window(w *stats.AgentWindow) {
	cpu := machine.CPU()
	w.CPU, u.cpu = cpu-u.cpu, cpu
	w.RSS, _ = machine.RSS()
	u.requests += w.Requests
	u.peak = max(u.peak, w.Connections)
}

// total is what the agent did and used. Its loops have ended.
func (l *load) total() *loadctlpb.AgentFinished {
	_, most := machine.RSS()
	total := stats.AgentTotal{
		Name: l.name, PID: os.Getpid(), CPU: machine.CPU(), MaxRSS: most,
		Requests: l.usage.requests, PeakConnections: l.usage.peak,
	}
	for _, one := range l.loops {
		due, byTicks := one.Paced()
		total.Due, total.ByTicks = total.Due+due, total.ByTicks+byTicks
	}
	return wire.EncodeAgentTotal(&total)
}
