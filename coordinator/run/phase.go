package run

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A phase is a Phase and what became of it. Its moments are Never until known;
// begin and end may be known before they come.
type phase struct {
	Phase
	begin, connected, end, drained stats.Offset

	// seen are the latest moments hosts told, before all of them had told.
	seenConnected, seenDrained stats.Offset
	skipped                    bool // it will never begin
}

func newPhase(p Phase) phase {
	never := stats.Never
	return phase{Phase: p, begin: never, connected: never, end: never, drained: never, seenConnected: never, seenDrained: never}
}

func (p *phase) begun() bool                 { return p.begin != stats.Never }
func (p *phase) connectedAt(at stats.Offset) { p.seenConnected = max(p.seenConnected, at) }
func (p *phase) drainedAt(at stats.Offset)   { p.seenDrained = max(p.seenDrained, at) }

func (p *phase) span(i int) stats.Span {
	return stats.Span{Phase: i, Begin: p.begin, Connected: p.connected, End: p.end, Finish: p.drained}
}

// schedule finds out everything that has become known of the phases, in rounds:
// the end of one may be the beginning of the next.
func (m *Machine) schedule(now time.Duration) {
	for changed := true; changed; {
		changed = false
		for i := range m.phases {
			changed = m.connectPhase(i, now) || m.drainPhase(i, now) || m.beginPhase(i, now) || changed
		}
	}
}

// beginPhase gives phase i its beginning once what it is tied to is known. The
// order goes out as soon as that is so, however far ahead.
func (m *Machine) beginPhase(i int, now time.Duration) bool {
	p := &m.phases[i]
	if p.begun() || p.skipped || m.pause.on {
		return false
	}
	base, skip := m.tiedTo(i)
	if base == stats.Never && !skip {
		return false
	}
	at := max(base, m.soonest(now))
	if skip || m.holdEnd(i) != stats.Never && at >= m.holdEnd(i) {
		return m.skip(i, now)
	}
	p.begin = at
	m.do(Begin{Phase: i, At: at})
	if !p.Holds {
		m.endPhase(i, at+p.Duration)
	}
	m.do(Span{p.span(i)})
	return true
}

// soonest is the first offset every host can still be told of in time. Before
// the epoch that is the epoch itself: the lead has seen to it.
func (m *Machine) soonest(now time.Duration) stats.Offset {
	if m.state == Starting && now <= m.epoch-beginLead {
		return 0
	}
	return m.Offset(now) + beginLead
}

// tiedTo is the moment phase i waits for, Never while it is not known. skip
// says that it will never come.
func (m *Machine) tiedTo(i int) (base stats.Offset, skip bool) {
	start := m.phases[i].Start
	if start.With < 0 && i == 0 {
		return max(0, start.Delay), false
	}
	tie, after := start.With, start.After
	if tie < 0 {
		tie, after = i-1, scenarios.AfterFinished
	}
	if tie >= len(m.phases) || tie == i {
		return stats.Never, true
	}
	other := &m.phases[tie]
	if other.skipped {
		// Sequential phases go on with the next; what was tied to it by name cannot.
		return m.skippedBase(i), start.With >= 0
	}
	at := other.moment(after)
	if at == stats.Never {
		return at, false
	}
	return at + start.Delay, false
}

// skippedBase is where a sequential phase starts after a skipped one: at the
// latest end known.
func (m *Machine) skippedBase(i int) stats.Offset {
	base := stats.Offset(0)
	for _, p := range m.phases[:i] {
		base = max(base, p.end)
	}
	return base
}

func (p *phase) moment(e scenarios.StartEvent) stats.Offset {
	switch e {
	case scenarios.AfterBegin:
		return p.begin
	case scenarios.AfterConnected:
		if !p.Holds {
			return p.begin
		}
		return p.connected
	case scenarios.AfterFinished:
		return p.end
	default:
		return p.drained
	}
}

// holdEnd is the end of the hold that phase i runs over, Never if there is none yet.
func (m *Machine) holdEnd(i int) stats.Offset {
	if over := m.phases[i].Over; over >= 0 && over < len(m.phases) && over != i {
		return m.phases[over].end
	}
	return stats.Never
}

func (m *Machine) skip(i int, now time.Duration) bool {
	p := &m.phases[i]
	p.skipped = true
	m.say(now, stats.Warning, "phase", fmt.Sprintf("phase %s never begins: what it waits for, or the connections it uses, ended before", p.Name))
	return true
}

// endPhase sets the end of phase i, cut short by the end of the hold it runs over.
func (m *Machine) endPhase(i int, at stats.Offset) {
	p := &m.phases[i]
	p.end = at
	if h := m.holdEnd(i); h != stats.Never && h < at {
		p.end = h
		m.do(End{Phase: i, At: h})
	}
}

// connectPhase sees whether a hold has all its connections: then its end is
// known, and with it the latest end of the phases that run over it.
func (m *Machine) connectPhase(i int, now time.Duration) bool {
	p := &m.phases[i]
	if !p.Holds || !p.begun() || p.connected != stats.Never || m.pause.on {
		return false
	}
	all := p.seenConnected != stats.Never && m.waiting(func(h *host) bool { return h.connected[i] }) == ""
	if !all {
		if m.Offset(now) <= p.begin+p.ConnectWithin {
			return false
		}
		m.say(now, stats.Severe, "phase", fmt.Sprintf("phase %s was not told connected within %s: the hold is counted from now", p.Name, p.ConnectWithin))
		p.seenConnected = max(p.seenConnected, m.Offset(now))
	}
	p.connected = max(p.seenConnected, p.begin)
	p.end = max(max(p.connected, m.pause.resumed)+p.Duration, m.soonest(now))
	m.do(Span{p.span(i)})
	m.do(End{Phase: i, At: p.end})
	m.cutUsers(i)
	return true
}

// cutUsers ends the phases that run over hold i no later than it.
func (m *Machine) cutUsers(i int) {
	for j := range m.phases {
		if u := &m.phases[j]; u.Over == i && j != i && u.end != stats.Never && u.end > m.phases[i].end {
			m.endPhase(j, u.end)
			m.do(Span{u.span(j)})
		}
	}
}

// drainPhase sees whether the last request of an ended phase has ended.
func (m *Machine) drainPhase(i int, now time.Duration) bool {
	p := &m.phases[i]
	if p.end == stats.Never || p.drained != stats.Never || !m.reached(now, p.end) {
		return false
	}
	all := p.seenDrained != stats.Never && m.waiting(func(h *host) bool { return h.drainedSet[i] || h.finished }) == ""
	late := m.Offset(now) > p.end+p.DrainWithin+slack
	if !all && !late && m.anyLive() {
		return false
	}
	p.drained = max(p.seenDrained, p.end)
	m.do(Span{p.span(i)})
	return true
}

// lastEnd is the latest end of all phases; over is false while one of them has
// yet to begin or to learn its end. A phase that waits for something that can
// no longer come does not hold the run up.
func (m *Machine) lastEnd(now time.Duration) (end stats.Offset, over bool) {
	waiting, active := false, false
	for i := range m.phases {
		p := &m.phases[i]
		end = max(end, p.end)
		waiting = waiting || !p.begun() && !p.skipped
		active = active || p.begun() && (p.end == stats.Never || !m.reached(now, p.end) || p.drained == stats.Never && m.awaited(i))
	}
	return end, !active && (m.allEnded() || waiting && !m.pause.on)
}

func (m *Machine) allEnded() bool {
	for i := range m.phases {
		if p := &m.phases[i]; p.end == stats.Never && !p.skipped {
			return false
		}
	}
	return true
}

// awaited says whether a phase that has not begun waits for phase i to drain.
func (m *Machine) awaited(i int) bool {
	for j := range m.phases {
		p := &m.phases[j]
		if !p.begun() && !p.skipped && p.Start.With == i && p.Start.After == scenarios.AfterDrained {
			return true
		}
	}
	return false
}
