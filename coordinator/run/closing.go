package run

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// closing is the book of windows: which is to be closed next, which were
// handed in by anybody, and which are not whole.
type closing struct {
	next    int64 // the window to close next
	highest int64 // 1 + the highest window anybody reported
	partial map[int64]bool
	gaps    []gap
}

// A gap is windows [from, until) that lack an agent.
type gap struct{ from, until int64 }

func (c *closing) reported(w int64, partial bool) {
	c.highest = max(c.highest, w+1)
	if partial && w >= c.next {
		if c.partial == nil {
			c.partial = map[int64]bool{}
		}
		c.partial[w] = true
	}
}

// lostBetween marks the windows from one to the one that holds an offset.
func (c *closing) lostBetween(from int64, until stats.Offset) {
	end := int64(math.Ceil(until.Seconds()))
	if until%time.Second == 0 {
		end = int64(until / time.Second)
	}
	c.gaps = append(c.gaps, gap{max(from, 0), end})
}

func (c *closing) isPartial(w int64) bool {
	if c.partial[w] {
		return true
	}
	for _, g := range c.gaps {
		if w >= g.from && w < g.until {
			return true
		}
	}
	return false
}

// closeWindows closes what every live host has handed in. A host that finished
// has nothing more to hand in.
func (m *Machine) closeWindows() {
	upTo := m.closed.highest
	for _, h := range m.hosts {
		if h.live() && !h.finished {
			upTo = min(upTo, h.reported+1)
		}
	}
	m.closeUntil(upTo)
}

// closeRest closes everything anybody handed in, at the very end.
func (m *Machine) closeRest() { m.closeUntil(m.closed.highest) }

func (m *Machine) closeUntil(end int64) {
	for c := &m.closed; c.next < end; c.next++ {
		m.do(Close{Window: c.next, Partial: c.isPartial(c.next)})
		delete(c.partial, c.next)
	}
}
