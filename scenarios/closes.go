package scenarios

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// ClosedFirst is how many connections loadctl closes first within a stretch of time,
// at most, over all agents and as far as the file says: of open phases those of
// iterations, and those ended by their number of requests; of open and closed ones those
// ended by their age. How often closed users ask is not known, and with reuse: none the
// target is asked to close.
func (s *Scenario) ClosedFirst(within time.Duration) int {
	c := s.closings()
	marks := c.marks(within)
	most := 0.0
	for i, at := range marks {
		most = max(most, c.until(at, within))
		if i > 0 {
			most = max(most, c.between(marks[i-1], at, within))
		}
	}
	return int(math.Ceil(most - 1e-6)) // what only rounding adds is no connection
}

// A closing is a phase that closes connections.
type closing struct {
	begin, end time.Duration
	share      float64 // connections for each iteration
	aged       float64 // connections a second that reach their age
	most       float64 // connections for each iteration, whatever ends them
	limit      float64 // connections a second
	profile    arrival.Profile
	due        func(at time.Duration) float64 // iterations from the phase's begin
}

type closings []closing

func (s *Scenario) closings() (c closings) {
	for i, at := range s.Plan() {
		p := &s.Phases[i]
		share, aged := s.closes(p), p.aged()
		if share == 0 && aged == 0 {
			continue
		}
		one := closing{begin: at.Begin, end: at.End, share: share, aged: aged, most: math.Inf(1), limit: math.Inf(1), profile: p.Profile}
		one.due = func(time.Duration) float64 { return 0 }
		if p.Executor.Open() {
			one.most, one.due = float64(s.longest(p.User)), p.Profile.Sums()
		}
		if p.Pool.ConnectRate > 0 {
			one.limit = p.Pool.ConnectRate
		}
		c = append(c, one)
	}
	return c
}

// marks are the moments at which a window's end or begin passes from one stage to the
// next, in order.
func (c closings) marks(within time.Duration) (marks []time.Duration) {
	for i := range c {
		at := c[i].begin
		marks = append(marks, at, at+within)
		for _, stage := range c[i].profile {
			at += stage.Duration
			marks = append(marks, at, at+within)
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// until is how many are closed in the window that ends at a moment.
func (c closings) until(to, within time.Duration) (sum float64) {
	for i := range c {
		bounds := c[i].until(to, within)
		sum += min(bounds[0], bounds[1], bounds[2])
	}
	return sum
}

// until is what a phase would close in a window, what its iterations could have
// opened, and what its limit lets it: the least of them is closed.
func (c *closing) until(to, within time.Duration) [3]float64 {
	from, to := max(to-within, c.begin), min(to, c.end)
	if from >= to {
		return [3]float64{}
	}
	length, iterations := (to - from).Seconds(), c.due(to-c.begin)-c.due(from-c.begin)
	all := math.Inf(1)
	if !math.IsInf(c.most, 1) {
		all = c.most * iterations
	}
	return [3]float64{c.share*iterations + c.aged*length, all, c.limit * length}
}

// between is the most of the windows that end between two marks. There each bound of a
// phase is a parabola or a line: the fullest window is where two of them cross, or
// at the top of a piece between such crossings.
func (c closings) between(a, b, within time.Duration) (most float64) {
	pieces := []float64{0, 1}
	moment := func(x float64) time.Duration { return a + time.Duration(x*float64(b-a)) }
	for i := range c {
		for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			excess := parabolaOf(func(x float64) float64 {
				bounds := c[i].until(moment(x), within)
				return bounds[pair[0]] - bounds[pair[1]]
			}, 0, 1)
			pieces = append(pieces, excess.roots()...)
		}
	}
	slices.Sort(pieces)
	sum := func(x float64) float64 { return c.until(moment(x), within) }
	for i := 1; i < len(pieces); i++ {
		from, to := pieces[i-1], pieces[i]
		most = max(most, sum(to), sum(from+(to-from)*parabolaOf(sum, from, to).top()))
	}
	return most
}

// closes is how many connections loadctl closes first for each iteration of a phase.
func (s *Scenario) closes(p *Phase) float64 {
	o := &p.Pool
	switch {
	case !p.Executor.Open() || p.Over >= 0 || o.Reset || o.Reuse == ReuseNone:
		return 0
	case o.Reuse == ReuseUser:
		return 1
	case o.MaxRequests == 0:
		return 0
	}
	return float64(s.longest(p.User)) / (float64(o.MaxRequests) * (1 - Spread))
}

// aged is how many connections of a phase reach max_age a second, at most: as many as may
// be open, one after another in the shortest life that one can have. What opens together
// ages together within Spread only; over time it is taken to be even.
func (p *Phase) aged() float64 {
	o := &p.Pool
	if p.Executor == HeldConnections || p.Over >= 0 || o.Reset || o.Reuse == ReuseNone {
		return 0
	}
	return p.replaced()
}

// replaced is how many connections of a phase are opened a second for those that reached
// max_age, however they are closed; none in a phase that ends before.
func (p *Phase) replaced() float64 {
	life := (1 - Spread) * p.Pool.MaxAge.Seconds()
	if life <= 0 || life > p.Duration().Seconds() {
		return 0
	}
	return float64(p.connections()) / life
}

// longest is the most requests of an iteration of a user.
func (s *Scenario) longest(user int) (most int) {
	if user < 0 || user >= len(s.Users) {
		return 0
	}
	for i := range s.Users[user].Tasks {
		most = max(most, len(s.Users[user].Tasks[i].Steps))
	}
	return most
}
