package run

import (
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// closing is the book of windows: which is to be closed next, which were
// handed in by anybody, and which are not whole.
type closing struct {
	next    int64 // the window to close next
	highest int64 // 1 + the highest window anybody reported
	partial map[int64]bool
	gaps    []gap // that lack an agent
	pauses  []gap
}

// A gap is windows [from, until).
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
	c.gaps = append(c.gaps, gap{max(from, 0), windowsUntil(until)})
}

// pausedFrom marks the windows from the one that holds an offset on.
func (c *closing) pausedFrom(at stats.Offset) {
	c.pauses = append(c.pauses, gap{int64(at / stats.WindowLength), math.MaxInt64})
}

// pausedUntil ends the last pause with the window that holds an offset.
func (c *closing) pausedUntil(at stats.Offset) {
	c.pauses[len(c.pauses)-1].until = windowsUntil(at)
}

// windowsUntil is the number of windows that begin before an offset.
func windowsUntil(at stats.Offset) int64 {
	return int64((at + stats.WindowLength - 1) / stats.WindowLength)
}

func (c *closing) isPartial(w int64) bool {
	return c.partial[w] || within(c.gaps, w)
}

func within(gaps []gap, w int64) bool {
	return slices.ContainsFunc(gaps, func(g gap) bool { return w >= g.from && w < g.until })
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
		m.do(Close{Window: c.next, Partial: c.isPartial(c.next), Paused: within(c.pauses, c.next)})
		delete(c.partial, c.next)
	}
}
