package host

import (
	"time"

	"github.com/loadctl/loadctl/stats"
)

// lateAfter is how overdue a window may be before its agent counts as late.
const lateAfter = 2 * time.Second

// maxStep bounds what one look adds: when this host itself was stopped for a
// while, its agents are not to blame, and their reports wait to be read.
const maxStep = 2 * beat

// A watch says who is overdue. It is told the time and waits for nothing.
type watch struct {
	Late, Lost time.Duration
	last       time.Time
}

// step is the time that passed since the last look, as far as it counts.
func (w *watch) step(now time.Time) time.Duration {
	d := now.Sub(w.last)
	if w.last.IsZero() {
		d = 0
	}
	w.last = now
	return min(max(d, 0), maxStep)
}

// A standing is how one agent does.
type standing uint8

const (
	onTime standing = iota
	late
	lost
)

// A patience is what the watch keeps of one agent.
type patience struct {
	overdue time.Duration // since the oldest window it has not reported became due
	window  int64
	late    bool // was told
}

// judge adds a step to an agent's lateness. behind is the first window it has not
// reported; now is the offset from the epoch.
func (w *watch) judge(p *patience, behind int64, now stats.Offset, step time.Duration) standing {
	if behind != p.window {
		p.window, p.overdue = behind, 0
	}
	if now < stats.Offset(behind+1)*stats.WindowLength {
		p.overdue, p.late = 0, false
		return onTime
	}
	p.overdue += step
	switch {
	case p.overdue > w.Lost:
		return lost
	case p.overdue > w.Late:
		return late
	}
	return onTime
}
