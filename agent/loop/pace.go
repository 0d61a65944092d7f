package loop

import (
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A pacing is how the loop waits.
type pacing uint8

const (
	paceAuto pacing = iota
	paceTicks
	pacePrecise
)

var pacings = map[string]pacing{"": paceAuto, "auto": paceAuto, "ticks": paceTicks, "precise": pacePrecise}

// A pace decides when the loop wakes. At low rates it wakes for everything that
// happens. A wake-up costs as much as five requests, so at high rates it wakes by
// the tick.
type pace struct {
	mode    pacing
	tick    stats.Offset
	ticking bool
	counted int          // requests since
	since   stats.Offset // the last judgement
}

const (
	judgeEvery = 100 * time.Millisecond
	tickAbove  = 500 // requests a second from which auto ticks
	tickBelow  = 300 // and below which it stops
	spinFor    = 60 * time.Microsecond
)

func newPace(c *Config) pace {
	p := pace{mode: pacings[c.Pacing], tick: c.Tick}
	if p.tick == 0 {
		p.tick = DefaultTick
	}
	p.ticking = p.mode == paceTicks
	return p
}

// judge looks at the rate ten times a second.
func (p *pace) judge(now stats.Offset, tight bool) {
	if p.mode != paceAuto {
		return
	}
	passed := now - p.since
	if passed < judgeEvery && !(tight && p.ticking) {
		return
	}
	limit := tickAbove
	if p.ticking {
		limit = tickBelow
	}
	p.ticking = !tight && float64(p.counted) > float64(limit)*passed.Seconds()
	p.since, p.counted = now, 0
}

// nextTick is the next tick when the loop sleeps by ticks.
func (p *pace) nextTick(now stats.Offset) (stats.Offset, bool) {
	if !p.ticking {
		return 0, false
	}
	return now - mod(now, p.tick) + p.tick, true
}

// mod is never negative: before the epoch there are ticks too.
func mod(a, b stats.Offset) stats.Offset { return ((a % b) + b) % b }

// before is until when to wait for a moment: precise pacing wakes a little early
// and spins.
func (p *pace) before(at, now stats.Offset) stats.Offset {
	if p.mode != pacePrecise || at == never {
		return at
	}
	if at-now > spinFor {
		return at - spinFor
	}
	return now
}

// paced says whether moments matter to the loop: whether it should wake promptly,
// and the kernel stamp what it receives. To closed users without pauses they do
// not, and both cost a little.
func (l *Loop) paced() bool {
	for _, p := range l.phases {
		tight := p.user != nil && !p.spec.Executor.Open() && p.hold == nil &&
			p.spec.Executor != scenarios.HeldConnections && p.user.Wait.Kind == scenarios.NoWait
		if !tight {
			return true
		}
	}
	return l.pace.mode == paceTicks
}
