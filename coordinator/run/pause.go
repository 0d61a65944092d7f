package run

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A pause stops the schedule, not the clock: everything that was still to come
// when it began comes later by its length. Requests under way end, connections go
// on being opened, heartbeats go on being sent.
type pause struct {
	on      bool
	from    stats.Offset // nothing that was due later happens
	resumed stats.Offset // when the last one ended
	owed    []string     // agents lost meanwhile, whose shares are given away at its end
}

func (Pause) apply(m *Machine, now time.Duration) {
	if m.state != Running || m.pause.on {
		return
	}
	at := max(m.soonest(now), m.reshared, m.pause.resumed)
	m.pause.on, m.pause.from = true, at
	m.closed.pausedFrom(at)
	m.say(now, stats.Warning, "pause", fmt.Sprintf("paused at %.1f s: nothing new is started, and all that was to come waits", at.Seconds()))
	m.do(Hold{Paused: true, At: at})
}

func (Resume) apply(m *Machine, now time.Duration) {
	if m.state != Running || !m.pause.on {
		return
	}
	at := max(m.soonest(now), m.pause.from)
	m.endPause(at)
	m.say(now, stats.Warning, "pause", fmt.Sprintf("resumed at %.1f s: the rest comes %.1f s later than planned", at.Seconds(), (at-m.pause.from).Seconds()))
	m.do(Hold{At: at})
	m.postpone(at - m.pause.from)
	if len(m.pause.owed) > 0 {
		m.reshare(m.pause.owed, at)
		m.pause.owed = nil
	}
}

func (m *Machine) endPause(at stats.Offset) {
	m.pause.on, m.pause.resumed = false, at
	m.closed.pausedUntil(at)
}

// postpone moves what was still to come when the pause began.
func (m *Machine) postpone(by time.Duration) {
	for i := range m.phases {
		p := &m.phases[i]
		if p.end == stats.Never || p.end <= m.pause.from {
			continue
		}
		p.end += by
		if p.begin > m.pause.from {
			p.begin += by
		}
		m.do(Span{p.span(i)})
	}
}

// reached says whether a moment of the schedule has come.
func (m *Machine) reached(now time.Duration, at stats.Offset) bool {
	return m.Offset(now) >= at && !(m.pause.on && at > m.pause.from)
}

// lastDue is the latest moment of the schedule that has come by an offset.
func (m *Machine) lastDue(at stats.Offset) stats.Offset {
	if m.pause.on {
		return min(at, m.pause.from)
	}
	return at
}
