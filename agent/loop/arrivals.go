package loop

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// An attendance is how the loop takes up the arrivals of an open phase, window by
// window. Windows that hold the phase's begin or end, a pause or a new share are not
// told of: what is to be expected in them is another question.
type attendance struct {
	count  stats.ArrivalCount             // of the window being filled
	steady stats.Offset                   // windows that begin before are not told of
	sums   func(at time.Duration) float64 // the integral of the rate; nil = it is level
	grace  time.Duration

	// What was overdue when the last window closed; ahead stands behind it, if it was
	// anything, so that each arrival is looked at once however long the loop is behind.
	overdue uint64
	ahead   arrival.Schedule
}

func newAttendance(p *phase, s *scenarios.Scenario, tick time.Duration) *attendance {
	a := &attendance{
		steady: p.begin,
		grace:  stats.Grace(stats.LagLimit(tick, s.SmallestResponseLimit(), s.Beat())),
	}
	if profile := p.spec.Profile; len(profile) > 1 || profile[0].From != profile[0].To {
		a.sums = profile.Sums()
	}
	return a
}

// renew says that the schedule is another one from a moment on.
func (a *attendance) renew(at stats.Offset) {
	a.steady = max(a.steady, at)
	a.overdue = 0 // what is, is found again
}

// attended closes the window being filled: what was taken up in it of each phase that
// filled it.
func (l *Loop) attended() (all []stats.Taken) {
	for _, p := range l.phases {
		if p.sched == nil || p.state != running || l.paused {
			continue
		}
		a, from, until := p.attends, l.windowBegin(), l.windowEnd()
		due, overdue := a.roll(p.sched, until-a.grace-p.begin)
		if a.steady <= from && until <= p.endAt && l.agenda.due() >= until {
			t := stats.Taken{Phase: p.index, Count: a.count, Due: due, Overdue: overdue, Shape: a.shape(from - p.begin)}
			if t.Even = p.spec.Arrivals == arrival.Uniform; t.Even {
				t.Gap = l.gap(p, &t, from-p.begin)
			}
			all = append(all, t)
		}
		a.count = stats.ArrivalCount{}
	}
	return all
}

// roll says how many arrivals of the window count as due, and how many of those are
// overdue: due by a moment of the schedule and not taken up. Arrivals are taken up in
// order, so those overdue before come first. Each counts once: when it is taken up or
// when it is found overdue.
func (a *attendance) roll(s *arrival.Schedule, by time.Duration) (due, overdue uint64) {
	taken := a.count.Sum()
	belated := min(taken, a.overdue)
	if a.overdue -= belated; a.overdue == 0 {
		a.ahead = *s
	}
	overdue = a.ahead.Skip(by)
	a.overdue += overdue
	return taken - belated + overdue, overdue
}

// shape is how the arrivals of a window that begins at a moment of the phase are
// expected to spread; nil where the rate is level.
func (a *attendance) shape(from time.Duration) []float64 {
	if a.sums == nil {
		return nil
	}
	before := a.sums(from)
	all := a.sums(from+time.Second) - before
	if all <= 0 {
		return nil
	}
	shape := make([]float64, stats.ArrivalCells+1)
	level := true
	for i := range shape {
		even := float64(i) / stats.ArrivalCells
		shape[i] = (a.sums(from+time.Duration(i)*time.Second/stats.ArrivalCells) - before) / all
		level = level && math.Abs(shape[i]-even) < 1e-9
	}
	if level {
		return nil
	}
	return shape
}

// gap is the longest that evenly spaced arrivals leave in a window: no longer than
// those of one of the share's slots leave alone.
func (l *Loop) gap(p *phase, t *stats.Taken, from time.Duration) time.Duration {
	one := math.Inf(1)
	for _, slot := range l.share {
		if slot.Of > 0 {
			one = min(one, float64(slot.Of))
		}
	}
	if math.IsInf(one, 1) {
		return 0
	}
	lowest := p.spec.Profile.RateAt(from)
	for i := range len(t.Shape) - 1 {
		lowest = min(lowest, p.spec.Profile.RateAt(from+time.Duration(i)*time.Second/stats.ArrivalCells))
	}
	return time.Duration(min(one/lowest, 3600) * float64(time.Second))
}
