package fleet

import (
	"slices"
	"time"
)

// How clocks are compared: in rounds of so many pings, a round so often. Rounds of
// ten minutes are kept.
const (
	PingsOfRound = 8
	RoundEvery   = 10 * time.Second
	keptRounds   = 60
)

// maxDrift is how fast two monotonic clocks may drift apart: some three times the
// most that was seen between machines of a data centre, 30 µs a second (Huygens,
// NSDI 2018). Between rounds what is known of a clock grows worse at this rate.
const maxDrift = 100e-6

// A Clock is what is known of a host's monotonic clock. It is compared with ours by
// pings: of one that left at a, came back at b, and was received there at h, the
// host's clock is h − (a+b)/2 ahead of ours, give or take (b−a)/2, whichever way took
// longer. So the fastest ping of a round says most.
type Clock struct {
	rounds []round // oldest first
	agreed time.Duration
	worst  time.Duration
	bound  bool // Agree was called
}

// A round is the fastest of its pings.
type round struct {
	began  time.Duration // on our clock, as at is
	pings  int
	at     time.Duration // half way between the ping and its answer
	offset time.Duration // the host's clock less ours
	within time.Duration // of the truth: half the round trip
	wall   time.Duration
}

// A Ping is one that came back.
type Ping struct {
	Sent, Back time.Duration // on our monotonic clock
	Received   time.Duration // on the host's
	Wall       time.Duration // the host's wall clock less ours; for the reader alone
}

// Learn takes a ping up.
func (c *Clock) Learn(p Ping) {
	if p.Back < p.Sent {
		return // nobody received it before it was sent
	}
	if c.due(p.Sent) {
		c.rounds = append(c.rounds, round{began: p.Sent})
		c.rounds = c.rounds[max(len(c.rounds)-keptRounds, 0):]
	}
	r := &c.rounds[len(c.rounds)-1]
	within := (p.Back - p.Sent + 1) / 2 // rounded up: the middle is rounded down
	if r.pings == 0 || within < r.within {
		at := p.Sent + (p.Back-p.Sent)/2
		r.at, r.offset, r.within, r.wall = at, p.Received-at, within, p.Wall
	}
	r.pings++
	if c.bound {
		c.worst = max(c.worst, c.Apart(p.Back))
	}
}

func (c *Clock) due(now time.Duration) bool {
	return len(c.rounds) == 0 || now-c.rounds[len(c.rounds)-1].began >= RoundEvery
}

// Wants says whether another ping should be sent now: a round is due, or has begun
// and lacks some.
func (c *Clock) Wants(now time.Duration) bool {
	return c.due(now) || c.rounds[len(c.rounds)-1].pings < PingsOfRound
}

// Known says whether there is a whole round.
func (c *Clock) Known() bool {
	return slices.ContainsFunc(c.rounds, func(r round) bool { return r.pings >= PingsOfRound })
}

// Wall is how far the host's wall clock is ahead of ours, by the last round. Nothing
// depends on it.
func (c *Clock) Wall() time.Duration {
	if len(c.rounds) == 0 {
		return 0
	}
	return c.rounds[len(c.rounds)-1].wall
}

// At says how far the host's clock is ahead of ours at a moment of ours, and how far
// the truth may be from that: what the line through the rounds says, kept within what
// every single round allows.
func (c *Clock) At(t time.Duration) (offset, within time.Duration) {
	if len(c.rounds) == 0 {
		return 0, 0
	}
	low, high, steady := c.between(t)
	offset = min(max(lineThrough(steady).at(t), low), high)
	return offset, max(high-offset, offset-low)
}

// between is where the offset lies for sure, if the clocks drift apart by no more than
// maxDrift. Rounds that later ones contradict are from before the host stood still,
// as a virtual machine that is moved does, and say nothing any more.
func (c *Clock) between(t time.Duration) (low, high time.Duration, steady []round) {
	last := len(c.rounds) - 1
	low, high = c.rounds[last].allows(t)
	for i := last - 1; i >= 0; i-- {
		l, h := c.rounds[i].allows(t)
		if l > high || h < low {
			return low, high, c.rounds[i+1:]
		}
		low, high = max(low, l), min(high, h)
	}
	return low, high, c.rounds
}

func (r *round) allows(t time.Duration) (low, high time.Duration) {
	within := r.within + time.Duration(maxDrift*float64((t-r.at).Abs())) + 1
	return r.offset - within, r.offset + within
}

// Agree gives a moment of ours on the host's clock, in nanoseconds as the host counts
// them. From then on the host's seconds are counted by it, without correction.
func (c *Clock) Agree(t time.Duration) int64 {
	var within time.Duration
	c.agreed, within = c.At(t)
	c.bound, c.worst = true, within
	return int64(t + c.agreed)
}

// Apart is how far a second of the host may begin from ours at a moment: by how much
// its clock has drifted since Agree, and how well that is known. 0 before Agree.
func (c *Clock) Apart(t time.Duration) time.Duration {
	if !c.bound {
		return 0
	}
	offset, within := c.At(t)
	return (offset - c.agreed).Abs() + within
}

// WorstApart is the most that Apart has been, by all pings since Agree.
func (c *Clock) WorstApart() time.Duration { return c.worst }

// A line is an offset that changes steadily.
type line struct {
	from   time.Duration
	offset float64 // at from
	slope  float64 // seconds a second
}

// lineThrough is the weighted least-squares line: a round counts by the square of what
// it is sure of. Its slope is one that clocks have.
func lineThrough(rounds []round) line {
	base := rounds[len(rounds)-1]
	var weight, t, o float64
	for _, r := range rounds {
		w := r.weight()
		weight += w
		t += w * float64(r.at-base.at)
		o += w * float64(r.offset-base.offset)
	}
	t, o = t/weight, o/weight
	var tt, to float64
	for _, r := range rounds {
		dt, do := float64(r.at-base.at)-t, float64(r.offset-base.offset)-o
		tt += r.weight() * dt * dt
		to += r.weight() * dt * do
	}
	l := line{from: base.at + time.Duration(t), offset: float64(base.offset) + o}
	if tt > 0 {
		l.slope = min(max(to/tt, -maxDrift), maxDrift)
	}
	return l
}

// weight is never infinite: clocks have ticks.
func (r *round) weight() float64 {
	within := float64(r.within + time.Microsecond)
	return 1 / (within * within)
}

func (l line) at(t time.Duration) time.Duration {
	return time.Duration(l.offset + l.slope*float64(t-l.from))
}
