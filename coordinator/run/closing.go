package run

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// closing is the book of windows: which is to be closed next, which were
// handed in by anybody, and which are not whole.
type closing struct {
	next    int64 // the window to close next
	highest int64 // 1 + the highest window anybody reported
	partial map[int64]bool
	gaps    []gap // that lack an agent
	pauses  []stillness
}

// A stillness is a pause [from, until).
type stillness struct{ from, until stats.Offset }

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

func (c *closing) pausedFrom(at stats.Offset) {
	c.pauses = append(c.pauses, stillness{at, math.MaxInt64})
}

// pausedUntil ends the last pause.
func (c *closing) pausedUntil(at stats.Offset) { c.pauses[len(c.pauses)-1].until = at }

// pausedIn is for how much of a window the run stood still.
func (c *closing) pausedIn(w int64) (sum time.Duration) {
	begin := stats.Offset(w) * stats.WindowLength
	for _, p := range c.pauses {
		sum += max(0, min(p.until, begin+stats.WindowLength)-max(p.from, begin))
	}
	return sum
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
		m.do(Close{Window: c.next, Partial: c.isPartial(c.next), Paused: c.pausedIn(c.next)})
		delete(c.partial, c.next)
	}
}
