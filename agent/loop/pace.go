package loop

import (
	"fmt"
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

// A pace decides when the loop wakes. Waking for everything that happens is exact,
// and what most requests cost: a tick serves many at once, and is late by up to its
// length. By itself it wakes for everything while that is cheap.
type pace struct {
	mode    pacing
	tick    stats.Offset
	exact   bool // a limit is so short that ticks would show
	ticking bool
	forced  bool // it would tick, were it not for the limit
	told    bool

	since   stats.Offset // the last judgement
	spent   int64        // processor time of the thread then
	counted int          // requests since
	dials   int          // connections tried by then
	waking  float64      // seconds of a request when the loop wakes for everything; 0 = not known
	ticked  float64      // and by ticks

	due, byTicks uint64 // requests, and those of them that became due while it ticked
}

const (
	judgeEvery = 100 * time.Millisecond
	judgeFrom  = 10   // requests: fewer say nothing
	tickAbove  = 0.25 // of a core that wake-ups take, from which auto ticks
	tickBelow  = 0.20 // and below which it stops
	// ticksShow is the limit of an SLO below which a tick of lateness, and the small
	// bursts it makes, could decide it.
	ticksShow = 50 * time.Millisecond
	// usualRequest is what a request costs by ticks until that is known: a send and a
	// receive (make bench-peers).
	usualRequest = 6e-6
	// spinFor is how much too early precise pacing wakes: nine in ten sleeps are late by
	// less than that once timers are not rounded.
	spinFor = 25 * time.Microsecond
)

func newPace(c *Config) pace {
	p := pace{mode: pacings[c.Pacing], tick: c.Tick, ticked: usualRequest}
	if p.tick == 0 {
		p.tick = DefaultTick
	}
	if limit := c.Scenario.SmallestTimeLimit(); limit > 0 && limit < ticksShow {
		p.exact = true
	}
	p.ticking = p.mode == paceTicks
	return p
}

// count notes a request that became due.
func (p *pace) count() {
	p.counted++
	p.due++
	if p.ticking {
		p.byTicks++
	}
}

// Paced is how many requests and heartbeats became due, and how many of them while the
// loop woke by ticks. It is asked when Run has returned.
func (l *Loop) Paced() (due, byTicks uint64) { return l.pace.due, l.pace.byTicks }

// judgeable says whether it is time to look at what waking costs. Users who ask
// again at once do not wait for the end of a tick.
func (p *pace) judgeable(now stats.Offset, tight bool) bool {
	return p.mode == paceAuto && (now-p.since >= judgeEvery || tight && p.ticking)
}

// judge looks at what the requests since the last judgement have cost the thread,
// and takes the cheaper way where that matters. Where more connections were opened
// than requests sent it learns nothing: it is those that cost.
func (p *pace) judge(now stats.Offset, spent int64, dials int, tight bool) {
	passed, cost := (now - p.since).Seconds(), float64(spent-p.spent)/1e9
	if p.counted >= judgeFrom && dials-p.dials <= p.counted {
		p.learn(cost / float64(p.counted))
	}
	limit := tickAbove
	if p.ticking {
		limit = tickBelow
	}
	dear := !tight && p.wakeUps(passed) > limit
	p.ticking, p.forced = dear && !p.exact, dear && p.exact
	p.since, p.spent, p.counted, p.dials = now, spent, 0, dials
}

// learn takes up what a request has cost.
func (p *pace) learn(cost float64) {
	to := &p.waking
	if p.ticking {
		to = &p.ticked
	}
	if *to == 0 {
		*to = cost
	}
	*to += (cost - *to) / 4
}

// wakeUps is the share of a core that waking for everything takes, or would take,
// beyond what the requests cost by ticks.
func (p *pace) wakeUps(passed float64) float64 {
	if passed <= 0 {
		return 0
	}
	return float64(p.counted) / passed * (p.waking - p.ticked)
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

// judgePace lets the pace look at itself, and says once what it does where waking is
// dear: reports show lateness and load, and readers ask where they come from.
func (l *Loop) judgePace() {
	p := &l.pace
	if !p.judgeable(l.now, l.tight > 0) {
		return
	}
	p.judge(l.now, l.poller.spent(), l.dials, l.tight > 0)
	if p.told || !p.ticking && !p.forced {
		return
	}
	p.told = true
	l.tell(Output{Notice: &Notice{At: l.now, Level: stats.Informative, Kind: "note", Text: p.say()}})
}

func (p *pace) say() string {
	if p.forced {
		return fmt.Sprintf("pacing auto: wakes for each request, though that takes over %.0f %% of a core, since a limit of a time is below %v (--pacing ticks costs less and is up to a tick late)",
			100*tickAbove, ticksShow)
	}
	return fmt.Sprintf("pacing auto: by ticks of %v, since to wake for each request would take over %.0f %% of a core; requests leave up to a tick late, which pacer lag shows (--pacing precise wakes all the same)",
		p.tick, 100*tickAbove)
}
