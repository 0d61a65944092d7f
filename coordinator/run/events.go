package run

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/stats"
)

func (Tick) apply(*Machine, time.Duration) {}

func (e Joined) apply(m *Machine, _ time.Duration) {
	if h := m.hostNamed(e.Host); h != nil {
		h.joined = true
	}
}

func (e Ready) apply(m *Machine, _ time.Duration) {
	if h := m.hostNamed(e.Host); h != nil && m.state == Preparing {
		h.ready = true
	}
}

func (e Unable) apply(m *Machine, now time.Duration) {
	if m.state <= Preparing {
		m.fail(now, fmt.Sprintf("host %s cannot run its agents: %s", e.Host, e.Why))
	}
}

func (e Reported) apply(m *Machine, _ time.Duration) {
	h := m.hostNamed(e.Host)
	if h == nil || h.lost || !m.started || e.Window < 0 {
		return
	}
	h.reported = max(h.reported, e.Window)
	m.closed.reported(e.Window, e.Partial)
}

func (e Connected) apply(m *Machine, now time.Duration) {
	h, ok := m.reaches(e.Host, e.Phase)
	if !ok || !m.phases[e.Phase].Holds {
		return
	}
	h.connected[e.Phase] = true
	m.phases[e.Phase].connectedAt(min(e.At, m.Offset(now)))
}

func (e Drained) apply(m *Machine, now time.Duration) {
	h, ok := m.reaches(e.Host, e.Phase)
	if !ok {
		return
	}
	h.drainedSet[e.Phase] = true
	m.phases[e.Phase].drainedAt(min(e.At, m.Offset(now)))
}

// reaches says whether a host may tell something of a phase: both are known
// and the phase was begun.
func (m *Machine) reaches(name string, phase int) (*host, bool) {
	h := m.hostNamed(name)
	if h == nil || h.lost || phase < 0 || phase >= len(m.phases) {
		return nil, false
	}
	return h, m.phases[phase].begun()
}

func (e Finished) apply(m *Machine, now time.Duration) {
	h := m.hostNamed(e.Host)
	if h == nil || h.lost {
		return
	}
	h.finished = true
	switch m.state {
	case Stopping:
	case Gathering, Preparing:
		m.fail(now, fmt.Sprintf("host %s ended before the run began", e.Host))
	default: // nobody told it to stop
		if m.through(h) {
			return // its agents had nothing left to do, while others have
		}
		m.abort(now, fmt.Sprintf("host %s ended by itself", e.Host))
	}
}

// through says whether the load of a host is over: its agents end by themselves then, be it some time before those of others.
func (m *Machine) through(h *host) bool {
	for i := range m.phases {
		if p := &m.phases[i]; !p.skipped && !h.drainedSet[i] {
			return false
		}
	}
	return true
}

func (e Broken) apply(m *Machine, now time.Duration) {
	if m.state != Starting && m.state != Running {
		return
	}
	m.outcome.Broken = e.Text
	m.say(now, stats.Severe, "threshold", "the run ends early: "+e.Text)
	m.drainFrom(now, m.Offset(now), m.cfg.Drain)
}

func (e Interrupt) apply(m *Machine, now time.Duration) {
	again := m.outcome.Interrupted
	m.outcome.Interrupted = true
	switch {
	case m.state == Stopping:
	case again || m.state < Starting:
		m.stop(now, "interrupted")
	case m.state == Draining:
		m.say(now, stats.Warning, "stop", "interrupted while the last requests were finished; interrupt again to stop at once")
	default:
		m.say(now, stats.Warning, "stop", "interrupted: nothing new is sent, open requests are finished; interrupt again to stop at once")
		m.drainFrom(now, m.Offset(now), m.cfg.Drain)
	}
}

func (e Kill) apply(m *Machine, now time.Duration) {
	m.outcome.Interrupted = true
	if m.state != Stopping {
		m.stop(now, e.Why)
	}
}
