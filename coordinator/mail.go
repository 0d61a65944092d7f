package coordinator

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/fleet"
	"github.com/loadctl/loadctl/coordinator/run"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// mail takes one thing from a host's stream.
func (d *driver) mail(m mail) {
	m.session.unread.Add(-1)
	if m.report != nil {
		m.session.reports.Add(-1)
	}
	l := d.linkOf(m.session.host)
	switch {
	case l == nil:
		m.session.end()
	case m.closed != nil:
		if l.session == m.session {
			d.log.Info("stream ended", "host", l.host.Name(), "why", m.closed)
			l.drop()
		}
		m.session.end()
	case m.message.GetHello() != nil:
		d.hello(l, m.session, m.message.GetHello())
	case l.session == m.session:
		d.message(l, m)
	}
}

// hello lets a host in, or says why not. A host of another version ends the
// run: its figures would not be ours. One that was given up, or belongs to
// another run, is told to go away and changes nothing.
func (d *driver) hello(l *link, s *session, h *loadctlpb.Hello) {
	if why := d.mixed(h); why != "" {
		d.refuse(s, why)
		d.step(run.Unable{Host: l.host.Name(), Why: why})
		return
	}
	if h.GetRunId() != d.cfg.RunID {
		d.refuse(s, fmt.Sprintf("this is run %s, not %s", d.cfg.RunID, h.GetRunId()))
		return
	}
	if err := d.fleet.Join(l.host.Name(), d.now()); err != nil {
		d.say(stats.Warning, "agent", fmt.Sprintf("host %s came back too late and was told to stop: %v", l.host.Name(), err))
		d.refuse(s, err.Error())
		return
	}
	l.machine, l.version = h.GetMachine(), h.GetVersion()
	l.attach(s, &loadctlpb.Welcome{Protocol: wire.Protocol, Version: d.cfg.Version}, h.GetLastOrder())
	l.ping(d.now())
}

// mixed says why a host's version does not fit ours, "" if it does.
func (d *driver) mixed(h *loadctlpb.Hello) string {
	if h.GetProtocol() == wire.Protocol && h.GetVersion() == d.cfg.Version {
		return ""
	}
	return fmt.Sprintf("mixed versions: the host runs loadctl %s (protocol %d), the coordinator %s (protocol %d)",
		h.GetVersion(), h.GetProtocol(), d.cfg.Version, wire.Protocol)
}

func (d *driver) refuse(s *session, why string) {
	d.log.Warn("host refused", "host", s.host, "why", why)
	s.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Welcome{Welcome: &loadctlpb.Welcome{
		Protocol: wire.Protocol, Version: d.cfg.Version, Refused: why,
	}}})
	s.end()
}

// message takes a message of a host that is in.
func (d *driver) message(l *link, came mail) {
	name, m := l.host.Name(), came.message
	if d.fleet.Host(name).State == fleet.Lost {
		d.keepApart(l, m)
		return
	}
	d.changes(d.fleet.Heard(name, d.now()))
	switch {
	case m.GetPong() != nil:
		d.pong(l, m.GetPong(), came.at)
	case m.GetReady() != nil:
		d.ready(l, m.GetReady())
	default:
		if l.take(wire.Seq(m)) {
			d.numbered(l, came)
		}
	}
}

// numbered takes a message that comes exactly once, whatever happens to streams.
func (d *driver) numbered(l *link, came mail) {
	switch m := came.message; {
	case came.report != nil:
		d.report(l, came.report)
	case m.GetPhaseEvent() != nil:
		d.phaseEvent(l, m.GetPhaseEvent())
	case m.GetAgentLost() != nil:
		d.agentLost(l, m.GetAgentLost())
	case m.GetNotice() != nil:
		d.notice(m.GetNotice())
	case m.GetFinished() != nil:
		d.hostFinished(l, m.GetFinished())
	}
}

// pong compares a host's clock with ours. The pings of a round follow each other at
// once: the fastest counts.
func (d *driver) pong(l *link, p *loadctlpb.Pong, at time.Time) {
	sent, back := time.Duration(p.GetSent()), at.Sub(d.zero)
	half := at.Add((sent - back) / 2)
	l.clock.Learn(fleet.Ping{
		Sent: sent, Back: back, Received: time.Duration(p.GetReceived()), Wall: time.Duration(p.GetWall() - half.UnixNano()),
	})
	if l.clock.Wants(back) {
		l.ping(d.now())
	}
	if l.clock.Known() && !l.joined {
		l.joined = true
		d.step(run.Joined{Host: l.host.Name()})
	}
}

func (d *driver) ready(l *link, r *loadctlpb.Ready) {
	if why := r.GetFailed(); why != "" {
		d.step(run.Unable{Host: l.host.Name(), Why: why})
		return
	}
	for _, a := range r.GetAgents() {
		d.usage.pid(a.GetName(), int(a.GetPid()))
	}
	d.step(run.Ready{Host: l.host.Name()})
}

func (d *driver) report(l *link, r *report) {
	name := l.host.Name()
	if r.err != nil {
		d.changes(d.fleet.LoseHost(name, "its report cannot be read: "+r.err.Error()))
		return
	}
	window := r.merged.Window
	if window < 0 || window > d.latestWindow() {
		d.changes(d.fleet.LoseHost(name, fmt.Sprintf("it reports window %d, which cannot be", window)))
		return
	}
	if d.windows.isClosed(window) {
		d.say(stats.Severe, "agent", fmt.Sprintf("host %s handed in window %d after it was closed: kept apart", name, window))
		return
	}
	d.book.report(name, r.merged)
	d.windows.add(r.merged, r.agents)
	missing := d.fleet.Report(name, window, namesOf(r.agents), d.now())
	d.step(run.Reported{Host: name, Window: window, Partial: len(missing) > 0})
}

// latestWindow is the last window that can have been in progress: clocks of
// hosts differ a little.
func (d *driver) latestWindow() int64 {
	return int64((d.machine.Offset(d.now()) + 2*time.Second) / stats.WindowLength)
}

func namesOf(agents []stats.AgentWindow) []string {
	names := make([]string, len(agents))
	for i := range agents {
		names[i] = agents[i].Name
	}
	return names
}

// keepApart counts what a host that was given up still hands in: its share was
// dealt with, so its figures are told but never merged.
func (d *driver) keepApart(l *link, m *loadctlpb.SessionRequest) {
	if r := m.GetReport(); r != nil {
		l.late.windows++
		for _, c := range r.GetMerged().GetCells() {
			l.late.requests += c.GetIntended()
		}
	}
	l.send(givenUp())
	l.drop()
}

// givenUp stops a host that has no part in the run any more.
func givenUp() *loadctlpb.SessionResponse {
	return &loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Stop{
		Stop: &loadctlpb.Stop{Reason: "this host was given up, its share was dealt with"},
	}}
}
