package host

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/loadctl/loadctl/agent/internal/gather"
	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// handedIn is one agent's window.
type handedIn struct {
	snapshot *stats.Snapshot
	health   stats.AgentWindow
}

// event takes what an agent says, and its end.
func (h *host) event(e event) {
	if e.ended {
		h.ended(e.child, e.err)
		return
	}
	switch m := e.up.GetMessage().(type) {
	case *loadctlpb.AgentUp_Hello:
		h.greeted(e.child, m.Hello)
	case *loadctlpb.AgentUp_Report:
		if err := h.report(e.child, m.Report); err != nil {
			e.child.kill("it handed in nonsense: " + err.Error())
		}
	case *loadctlpb.AgentUp_PhaseEvent:
		p := m.PhaseEvent
		h.reached(h.phases.Reach(e.child.id, int(p.GetPhase()), p.GetState(), time.Duration(p.GetAt())))
	case *loadctlpb.AgentUp_Notice:
		h.notice(m.Notice)
	case *loadctlpb.AgentUp_Done:
		e.child.done = m.Done.GetUsage()
	}
}

func (h *host) greeted(c *child, m *loadctlpb.AgentHello) {
	switch {
	case m.GetFailed() != "":
		h.cannotPrepare(fmt.Errorf("agent %s: %s", c.plan.GetName(), m.GetFailed()))
	case m.GetProtocol() != wire.Protocol || m.GetVersion() != h.cfg.Version:
		h.cannotPrepare(fmt.Errorf("mixed versions: agent %s runs loadctl %s (protocol %d), its host %s (protocol %d)",
			c.plan.GetName(), m.GetVersion(), m.GetProtocol(), h.cfg.Version, wire.Protocol))
	default:
		c.ready = true
		if !h.ready && !h.stopping {
			h.answerReady()
		}
	}
}

// report takes a window, and hands on those that are complete with it.
func (h *host) report(c *child, m *loadctlpb.AgentReport) error {
	s, err := wire.DecodeSnapshot(m.GetSnapshot(), h.scenario.Layout)
	if err != nil {
		return err
	}
	health, err := wire.DecodeAgentWindow(m.GetHealth(), h.cfg.Name)
	if err != nil {
		return err
	}
	health.Name, health.ClockAhead = c.plan.GetName(), h.clockAhead(m.GetWallLessMonotonic())
	if err := h.windows.Add(c.id, s.Window, &handedIn{s, health}); err != nil {
		return err
	}
	c.reported.Merge(countersOf(s))
	c.total.Requests += health.Requests
	c.total.PeakConnections = max(c.total.PeakConnections, health.Connections)
	c.total.MaxRSS = max(c.total.MaxRSS, health.RSS)
	h.closeWindows()
	return nil
}

// clockAhead is how far an agent's wall clock is ahead of ours, 0 if it does not say.
// They are the same, unless somebody gave a process a clock of its own.
func (h *host) clockAhead(wallLessMonotonic int64) time.Duration {
	if wallLessMonotonic == 0 {
		return 0
	}
	ours, _ := h.clock.WallAhead()
	return time.Duration(wallLessMonotonic - ours).Round(time.Millisecond)
}

// countersOf is a snapshot without times and errors: what a counter block holds.
func countersOf(s *stats.Snapshot) *stats.Snapshot {
	n := &stats.Snapshot{Cells: make([]stats.CellStats, len(s.Cells)), Phases: make([]stats.PhaseStats, len(s.Phases))}
	for i := range s.Cells {
		c := &s.Cells[i]
		n.Cells[i] = stats.CellStats{
			Intended: c.Intended, Classes: c.Classes, BytesIn: c.BytesIn, BytesOut: c.BytesOut,
			ChecksPassed: c.ChecksPassed, ChecksFailed: c.ChecksFailed, Redirects: c.Redirects,
		}
	}
	for i := range s.Phases {
		p := s.Phases[i]
		p.Connect, p.TLS, p.PoolWait, p.PacerLag, p.DropIdle, p.DropAge = nil, nil, nil, nil, nil, nil
		n.Phases[i] = p
	}
	return n
}

// closeWindows hands on every window that all live agents have reported.
func (h *host) closeWindows() {
	for c, ok := h.windows.Next(); ok; c, ok = h.windows.Next() {
		merged, agents := h.merge(c)
		h.box.add(func(seq uint64) *loadctlpb.SessionRequest {
			return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Report{
				Report: wire.EncodeReport(seq, merged, agents),
			}}
		})
	}
}

// merge adds the agents of a window up. An agent that has ended as it should is
// named too, so that nobody misses it.
func (h *host) merge(w gather.Closed[*handedIn]) (*stats.Snapshot, []stats.AgentWindow) {
	merged := &stats.Snapshot{
		Window: w.Window,
		Cells:  make([]stats.CellStats, len(h.scenario.Layout.Cells)),
		Phases: make([]stats.PhaseStats, len(h.scenario.Layout.Phases)),
	}
	parts := make(map[int]*handedIn, len(w.Parts))
	for _, p := range w.Parts {
		parts[p.Member] = p.Value
	}
	measured := h.meter.Read()
	var agents []stats.AgentWindow
	for _, c := range h.children {
		p := parts[c.id]
		if p != nil {
			merged.Merge(p.snapshot)
			p.health.Vitals.Machine = measured
			agents = append(agents, h.health(c, p, w.Window))
		} else if !c.alive && c.done != nil {
			agents = append(agents, stats.AgentWindow{Name: c.plan.GetName(), State: "finished"})
		}
	}
	return merged, agents
}

func (h *host) health(c *child, p *handedIn, window int64) stats.AgentWindow {
	p.health.Name = c.plan.GetName()
	p.health.State = "ok"
	if c.patience.late && c.patience.window == window {
		p.health.State = "late"
	}
	return p.health
}

func (h *host) reached(all []gather.Reached) {
	for _, r := range all {
		h.box.add(func(seq uint64) *loadctlpb.SessionRequest {
			return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_PhaseEvent{PhaseEvent: &loadctlpb.PhaseEvent{
				Phase: uint32(r.Phase), State: r.State, At: int64(r.At), Seq: seq,
			}}}
		})
	}
}

func (h *host) notice(n *loadctlpb.Notice) {
	h.box.add(func(seq uint64) *loadctlpb.SessionRequest {
		n.Seq = seq
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Notice{Notice: n}}
	})
}

// look finds agents that are silent. The late are told of, the lost are killed:
// then they can never come back and count twice.
func (h *host) look(now time.Time) {
	step, offset := h.watch.step(now), h.offset()
	for _, c := range h.children {
		behind, live := h.windows.Behind(c.id)
		if !live || !c.alive || c.done != nil {
			continue
		}
		switch h.watch.judge(&c.patience, behind, offset, step) {
		case lost:
			c.kill(fmt.Sprintf("reported nothing for %s", h.watch.Lost))
		case late:
			h.tellLate(c)
		}
	}
}

func (h *host) tellLate(c *child) {
	if c.patience.late {
		return
	}
	c.patience.late = true
	h.notice(wire.EncodeNotice(0, &stats.Event{
		At: h.offset(), Level: stats.Warning, Kind: "agent",
		Text: fmt.Sprintf("%s is late: its window %d is overdue", c.plan.GetName(), c.patience.window),
	}))
}

// ended takes the end of an agent: in order, or lost with what its counters say
// beyond its reports.
func (h *host) ended(c *child, err error) {
	c.alive = false
	c.total.CPU = c.cpu()
	lostIt := c.done == nil
	if !lostIt {
		c.total.MaxRSS = max(c.total.MaxRSS, c.done.GetMaxRss())
		c.total.Due, c.total.ByTicks = c.done.GetDue(), c.done.GetByTicks()
	}
	if !h.ready {
		h.endedEarly(c)
		lostIt = false
	}
	h.windows.Leave(c.id)
	h.closeWindows()
	if lostIt {
		h.lose(c, err)
	}
	h.reached(h.phases.Leave(c.id))
	_ = c.counters.Close()
	h.finish()
}

// endedEarly is the end of an agent that was never told to start.
func (h *host) endedEarly(c *child) {
	if !h.stopping {
		h.cannotPrepare(fmt.Errorf("agent %s ended before it was ready: %s", c.plan.GetName(), c.how()))
	}
}

// lose tells of an agent's loss. Its process is dead, so the memory it shared
// holds still.
func (h *host) lose(c *child, err error) {
	why := c.how()
	if err != nil && !errors.Is(err, io.EOF) && c.killed == "" {
		why += " (" + err.Error() + ")"
	}
	missing := stats.LostCounts(h.scenario.Layout, c.reported, c.counters.Split(c.loops)...)
	for i := range missing.Cells {
		c.total.Requests += missing.Cells[i].Requests()
	}
	c.total.Lost = why
	h.log.Warn("agent lost", "agent", c.plan.GetName(), "why", why)
	loss := &stats.AgentLoss{Agent: c.plan.GetName(), At: h.offset(), Why: why, Missing: missing.Cells, Phases: missing.Phases}
	h.box.add(func(seq uint64) *loadctlpb.SessionRequest {
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_AgentLost{AgentLost: wire.EncodeAgentLost(seq, loss)}}
	})
}

// finish says the last word once every agent has ended, and there is nothing more
// to be told to do.
func (h *host) finish() {
	if h.done || h.alive() > 0 || len(h.children) == 0 && !h.stopping {
		return
	}
	h.done, h.doneAt = true, time.Now()
	agents := make([]stats.AgentTotal, len(h.children))
	for i, c := range h.children {
		agents[i] = c.total
	}
	_, most := machine.RSS()
	h.box.add(func(seq uint64) *loadctlpb.SessionRequest {
		return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Finished{
			Finished: wire.EncodeFinished(seq, agents, stats.Usage{Name: h.cfg.Name, CPU: machine.CPU(), MaxRSS: most}),
		}}
	})
}
