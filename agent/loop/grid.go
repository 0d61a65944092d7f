package loop

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Heartbeats are intended at moments of a grid, a thousandth of their interval
// apart and 10 ms at most: of hundreds of thousands of connections some share each
// moment, and a loop that sends nothing else wakes once for them and once more finds
// what was answered. Nothing is late by it, since it is the schedule itself that is
// coarse. Each loop has a grid of its own beside the others', so that they do not
// all send at once.
const (
	gridParts = 1000
	maxGrid   = 10 * time.Millisecond
)

// grid is how far apart moments of a phase's heartbeats are.
func grid(p *phase) time.Duration { return min(p.spec.Heartbeat.Every/gridParts, maxGrid) }

// onGrid is the first moment of the grid that is not before at.
func (l *Loop) onGrid(p *phase, at stats.Offset) stats.Offset {
	g := grid(p)
	if g <= 0 {
		return at
	}
	past := mod(at-l.gridStart(g), g)
	if past == 0 {
		return at
	}
	return at - past + g
}

// gridStart sets loops apart: golden parts of the grid leave no two close.
func (l *Loop) gridStart(g time.Duration) stats.Offset {
	const golden = 0.6180339887
	first := uint64(0)
	if len(l.share) > 0 {
		first = l.share[0].Index
	}
	part := golden * float64(first+1)
	return time.Duration((part - float64(uint64(part))) * float64(g))
}

// nextBeat is until when the loop sleeps where it sends heartbeats and nothing else,
// and so many that there is one at most moments of their grid.
func (l *Loop) nextBeat() (stats.Offset, bool) {
	held := l.onlyHolds()
	if held == nil {
		return 0, false
	}
	g := grid(held)
	if g <= 0 || time.Duration(held.held)*g < held.spec.Heartbeat.Every {
		return 0, false
	}
	return min(l.onGrid(held, l.clock()+1), l.agenda.due()), true
}

// onlyHolds is the phase that holds connections, all of which are open, while
// nothing else is under way; nil otherwise. A pace that was chosen is kept.
func (l *Loop) onlyHolds() (held *phase) {
	if l.pace.mode != paceAuto || l.dialing > 0 || l.paused {
		return nil
	}
	for _, p := range l.phases {
		switch {
		case p.state != running && p.state != draining:
		case held != nil || p.state == draining || p.hold == nil || p.hold.due() < never || p.spec.Heartbeat == nil:
			return nil
		default:
			held = p
		}
	}
	return held
}
