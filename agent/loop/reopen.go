package loop

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A line is places to be opened again, in the order they came. When a target drops all
// at once they come back at the connect rate, as they were opened: a target that starts
// anew must not meet a storm that the scenario rules out. It is linked through the
// places, so that waiting costs neither memory nor a timer each.
type line struct {
	first, last int32
	gap         time.Duration // between two connects at this loop's part of the rate; 0 = none
	turn        stats.Offset  // of the next
}

func emptyLine(spec *scenarios.Phase, share arrival.Share) line {
	return line{first: none, last: none, gap: gapOf(spec, share)}
}

// gapOf is how far apart connects of a hold are on a loop with a share of it.
func gapOf(spec *scenarios.Phase, share arrival.Share) time.Duration {
	if mine := part(share); spec.ConnectRate > 0 && mine > 0 {
		return time.Duration(float64(time.Second) / (spec.ConnectRate * mine))
	}
	return 0
}

// due is when the first in line may be opened.
func (n *line) due() stats.Offset {
	if n.first == none {
		return never
	}
	return n.turn
}

// passed takes a turn, for whatever connection of the hold is opened now.
func (n *line) passed(now stats.Offset) {
	if n.gap > 0 {
		n.turn = max(n.turn, now-catchUp) + n.gap
	}
}

// joinLine puts a place at the end of the line.
func (h *hold) joinLine(i int32) {
	h.places[i].next = none
	if h.line.last == none {
		h.line.first = i
	} else {
		h.places[h.line.last].next = i
	}
	h.line.last = i
}

// leaveLine takes the first of the line.
func (h *hold) leaveLine() int32 {
	i := h.line.first
	h.line.first, h.places[i].next = h.places[i].next, none
	if h.line.first == none {
		h.line.last = none
	}
	return i
}

// stop gives up what is not yet open.
func (h *hold) stop() {
	h.todo = nil
	for h.line.first != none {
		h.settled(&h.places[h.leaveLine()])
	}
}

// retryPlace tries again a second later, or gives the connection up. One that was
// open and is to be there again is tried until the phase ends: the target may be
// back by then.
func (l *Loop) retryPlace(p *phase, i int32) {
	at := &p.hold.places[i]
	if p.state != running {
		p.hold.settled(at)
		return
	}
	if at.tries >= maxTries {
		if at.tries == maxTries {
			l.recorder.ConnFailed(p.index)
		}
		if !at.wasUp || p.spec.OnClose != scenarios.Reconnect {
			p.hold.settled(at)
			return
		}
		at.tries = maxTries // a small number, and not counted again
	}
	l.openAgain(p, i, l.clock()+retryAfter)
}

// settled is a place that is open, or given up.
func (h *hold) settled(at *place) {
	if at.wasUp {
		h.reopening--
		return
	}
	h.opening--
}

// openAgain has a place stand in line from a moment on.
func (l *Loop) openAgain(p *phase, i int32, from stats.Offset) {
	if from <= l.clock() {
		p.hold.joinLine(i)
		return
	}
	l.timers.add(timer{at: from, index: i, stamp: uint16(p.index), kind: reopen})
}

// reopen is where a place has rested, unless the phase has ended meanwhile.
func (l *Loop) reopen(t timer) {
	p := l.phases[t.stamp]
	if p.state != running {
		p.hold.settled(&p.hold.places[t.index])
		return
	}
	p.hold.joinLine(t.index)
}

// heldLost is a held connection, or an attempt at one, that is gone. One that did
// not last is opened anew a second after it was opened last, so that a target that
// closes what it accepts is not flooded.
func (l *Loop) heldLost(p *phase, i int32, was connState, began stats.Offset) {
	if was == connecting {
		l.retryPlace(p, i)
		return
	}
	if p.state != running && !l.taken(p) {
		return // closing anyway
	}
	l.recorder.ConnDropped(p.index)
	switch p.spec.OnClose {
	case scenarios.Reconnect:
		if p.state == running {
			p.hold.reopening++
			l.openAgain(p, i, began+retryAfter)
		}
	case scenarios.Abort:
		l.tell(Output{Notice: &Notice{
			At: l.now, Level: stats.Severe, Kind: "abort",
			Text: fmt.Sprintf("phase %s: the target closed a held connection (on_close: abort)", p.spec.Name),
		}})
	}
}
