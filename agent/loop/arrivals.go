package loop

import (
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// An attendance is how the loop takes up the arrivals of an open phase, window by
// window. Windows that hold the phase's begin or end, a pause or a new share are not
// told of: what is to be expected in them is another question.
type attendance struct {
	count  stats.ArrivalCount // of the window being filled
	steady stats.Offset       // windows that begin before are not told of
	grace  time.Duration

	// What was overdue when the last window closed; ahead stands behind it, if it was
	// anything, so that each arrival is looked at once however long the loop is behind.
	overdue uint64
	ahead   arrival.Schedule
}

func newAttendance(p *phase, s *scenarios.Scenario, tick time.Duration) *attendance {
	return &attendance{
		steady: p.begin,
		grace:  stats.Grace(stats.LagLimit(tick, s.SmallestResponseLimit(), s.Beat())),
	}
}

// renew says that the schedule is another one from a moment on.
func (a *attendance) renew(at stats.Offset) {
	a.steady = max(a.steady, at)
	a.overdue = 0 // what is, is found again
}

// attended closes the window being filled: what was taken up in it of each phase that
// filled it. What the schedule says of that the agent finds out: it may take longer than
// a thread that paces has.
func (l *Loop) attended() (all []stats.Taken) {
	for _, p := range l.phases {
		if p.sched == nil || p.state != running || l.paused {
			continue
		}
		a, from, until := p.attends, l.windowBegin(), l.windowEnd()
		due, overdue := a.roll(p.sched, until-a.grace-p.begin)
		if a.steady <= from && until <= p.endAt && l.agenda.due() >= until {
			all = append(all, stats.Taken{
				Phase: p.index, Count: a.count, Due: due, Overdue: overdue,
				Into: from - p.begin, Part: largest(l.share),
			})
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

// largest is which part of all arrivals the largest slot of a share has.
func largest(share arrival.Share) (part float64) {
	for _, slot := range share {
		if slot.Of > 0 {
			part = max(part, 1/float64(slot.Of))
		}
	}
	return part
}
