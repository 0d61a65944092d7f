package run

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// drainFrom stops issuing at an offset and gives what is open at most within.
func (m *Machine) drainFrom(now time.Duration, at stats.Offset, within time.Duration) {
	if m.state >= Draining {
		return
	}
	at = max(at, 0)
	deadline := max(at, m.Offset(now)) + within
	m.drain = drain{sent: true, at: at, deadline: deadline}
	m.enter(Draining, now)
	m.do(Drain{At: at, Deadline: deadline})
	for i := range m.phases {
		m.cutAt(i, at)
	}
	if m.pause.on {
		m.endPause(at)
	}
}

// cutAt ends phase i at an offset at the latest. A phase that would have begun
// later never does.
func (m *Machine) cutAt(i int, at stats.Offset) {
	p := &m.phases[i]
	due := m.lastDue(at)
	if !p.Holds {
		at = due
	}
	switch {
	case !p.begun() || p.begin >= at || p.begin > due:
		m.neverBegins(p, i)
	case p.end == stats.Never || p.end > at:
		p.end = at
		m.do(Span{p.span(i)})
	}
}

// neverBegins takes back a beginning that was told ahead.
func (m *Machine) neverBegins(p *phase, i int) {
	p.skipped = true
	if p.begun() {
		p.begin, p.connected, p.end = stats.Never, stats.Never, stats.Never
		m.do(Span{p.span(i)})
	}
}

// drainOut waits for the last requests, for every phase on every live host.
func (m *Machine) drainOut(now time.Duration) {
	open := false
	for i := range m.phases {
		p := &m.phases[i]
		if !p.begun() || p.skipped {
			continue
		}
		m.drainPhase(i, now)
		open = open || p.drained == stats.Never
	}
	if !open || !m.anyLive() || m.Offset(now) > m.drain.deadline+slack {
		m.stop(now, m.outcome.word())
	}
}

// stop ends everything now and waits for what hosts still have to hand in.
func (m *Machine) stop(now time.Duration, reason string) {
	m.enter(Stopping, now)
	m.do(Stop{Reason: reason})
}

func (m *Machine) stopOut(now time.Duration) {
	waiting := m.waiting(func(h *host) bool { return h.finished || !h.joined })
	if waiting != "" {
		if now-m.since <= m.stopWithin() {
			return
		}
		m.giveUp(now)
	}
	m.closeRest()
	for i := range m.phases {
		if p := &m.phases[i]; p.begun() && !p.skipped && p.drained == stats.Never {
			p.end = minKnown(p.end, m.Offset(now))
			p.drained = max(p.end, min(p.seenDrained, m.Offset(now)))
			m.do(Span{p.span(i)})
		}
	}
	if m.outcome.Failed != "" {
		m.enter(Failed, now)
		return
	}
	m.enter(Done, now)
}

// stopWithin is short for a run that never began: there is nothing to hand in.
func (m *Machine) stopWithin() time.Duration {
	if !m.started {
		return min(m.cfg.StopWithin, 3*time.Second)
	}
	return m.cfg.StopWithin
}

// giveUp ends the wait for hosts that did not hand in what they have.
func (m *Machine) giveUp(now time.Duration) {
	for _, h := range m.hosts {
		if h.live() && h.joined && !h.finished {
			h.lost = true
			text := fmt.Sprintf("host %s did not hand in its last figures within %s", h.name, m.stopWithin())
			m.say(now, stats.Severe, "agent", text)
			if m.started && m.outcome.Aborted == "" {
				m.outcome.Aborted = text
			}
		}
	}
}

// fail ends a run that could not be done.
func (m *Machine) fail(now time.Duration, why string) {
	if m.outcome.Failed == "" {
		m.outcome.Failed = why
	}
	if m.state < Stopping {
		m.stop(now, why)
	}
}

// abort ends a run whose measurement is worth nothing any more, soon: the
// whole of it, from the loss on, has to fit into 15 s.
func (m *Machine) abort(now time.Duration, why string) {
	if m.outcome.Aborted == "" {
		m.outcome.Aborted = why
	}
	m.say(now, stats.Severe, "stop", "the run is aborted: "+why)
	m.drainFrom(now, m.Offset(now), m.cfg.AbortDrain)
	m.drain.deadline = min(m.drain.deadline, max(m.Offset(now), 0)+m.cfg.AbortDrain)
}

func (e Lost) apply(m *Machine, now time.Duration) {
	if h := m.hostNamed(e.Host); h != nil {
		if h.lost || h.finished && m.state >= Stopping {
			return
		}
		h.lost = true
	}
	if m.state < Starting {
		m.fail(now, e.text())
		return
	}
	m.say(now, stats.Severe, "agent", e.text())
	until := m.absorb(e, now)
	m.closed.lostBetween(e.Window, until)
}

func (e Lost) text() string {
	if e.Host != "" {
		return fmt.Sprintf("host %s lost: %s", e.Host, e.Why)
	}
	return fmt.Sprintf("agent %s lost: %s", strings.Join(e.Agents, ", "), e.Why)
}

// absorb does what the policy says about a loss and gives the offset from
// which the load is whole again.
func (m *Machine) absorb(e Lost, now time.Duration) stats.Offset {
	here := m.Offset(now)
	switch {
	case e.Live == 0:
		m.abort(now, "no agent is left: "+e.text())
		if m.state == Draining {
			m.stop(now, m.outcome.word())
		}
	case m.cfg.OnLoss == scenarios.Fail:
		m.abort(now, e.text()+" (on_loss: fail)")
	case e.Live < m.cfg.Min:
		m.abort(now, fmt.Sprintf("%d agents are left, agents.min is %d: %s", e.Live, m.cfg.Min, e.text()))
	case m.state >= Draining:
	case m.cfg.OnLoss == scenarios.Redistribute:
		if m.pause.on {
			m.pause.owed = append(m.pause.owed, e.Agents...)
			m.sayGap(now, e, here, "the others take its share over when the pause ends")
			return here
		}
		from := max(here+m.cfg.Lead, m.pause.resumed)
		m.reshare(e.Agents, from)
		m.sayGap(now, e, from, "the others take its share over")
		return from
	default:
		m.sayGap(now, e, here, "its share is missing from here on")
	}
	return here
}

func (m *Machine) reshare(lost []string, from stats.Offset) {
	m.reshared = from
	m.do(Reshare{Lost: lost, From: from})
}

func (m *Machine) sayGap(now time.Duration, e Lost, until stats.Offset, then string) {
	m.say(now, stats.Warning, "agent", fmt.Sprintf("lost interval: %.1f s to %.1f s is not whole and is left out of times and rates; %s",
		(time.Duration(e.Window)*time.Second).Seconds(), until.Seconds(), then))
}

func minKnown(a, b stats.Offset) stats.Offset {
	if a == stats.Never {
		return b
	}
	return min(a, b)
}
