package stats

import (
	"slices"
	"time"
)

// A Limiter is what kept a run from doing better.
type Limiter string

// The limiters. Nobody is known where the measurement is invalid: it then shows
// the generator at least as much as the target.
const (
	LimitUnknown     Limiter = "unknown"
	LimitNothing     Limiter = "nothing"     // what was asked for was done, in time
	LimitGenerator   Limiter = "generator"   // it was late, busy all the time, or out of something
	LimitConcurrency Limiter = "concurrency" // requests waited for a connection, or for max_vus
	LimitTarget      Limiter = "target"
	LimitUsers       Limiter = "users" // of a closed load: each waits for its answer, and there are no more of them
)

// A Limit says who was the limit of a run, and by which figures.
type Limit struct {
	By    Limiter
	Parts Parts
	// Busy says that the generator was the limit of closed users because its loops had no
	// time left: Service holds what they were late with answers.
	Busy bool

	// Over is the response-time limit that broke, and Seconds in how many seconds it
	// did: the parts are of these alone. Both are 0 when the parts are of the whole run.
	Over    time.Duration
	Seconds int

	// Of are the tags of the limit that broke: requests and parts are of the rows it
	// speaks of, none meaning all that are recorded. An agent picks seconds only, as rows
	// are not counted by agent.
	Of Tags

	// Shared says that other requests waited in the same phases. What comes before service
	// is summed by phase, and so split here as it was for all of these together.
	Shared bool

	// The bad requests of what was looked at: slower than Over, never sent, and failed
	// otherwise.
	Slow, NotSent, Failed uint64
}

// lostShare is the share of requests without an OK answer above which something was
// at its limit though no threshold says so.
const lostShare = 0.001

// JudgeLimit says who was the limit. The rule is that of queueing: a pacer that
// was late is the generator's doing; else long waits for a connection are that of
// the configured concurrency; else it is the target's. Each bad request is counted
// to one of them: one that was never sent to the concurrency, one that failed to the
// target, one that was slow to the largest part of its time. By is "" without
// recorded requests. s is what JudgeSteadiness says of the run, which costs a walk over
// all its seconds.
func JudgeLimit(r *Run, s Steadiness) Limit {
	if r.Layout == nil {
		return Limit{}
	}
	limit, broke := r.brokenLimit()
	l := limit.look()
	if l.Parts.Requests == 0 {
		l = (&brokenLimit{q: query{run: r}}).look()
	}
	if l.Parts.Requests == 0 {
		return Limit{}
	}
	l.By = l.decide(r, broke, s)
	return l
}

func (l *Limit) decide(r *Run, broke bool, s Steadiness) Limiter {
	bad := l.Slow + l.NotSent + l.Failed
	lost := float64(l.NotSent+l.Failed) > lostShare*float64(l.Parts.Requests)
	unsustained := slices.ContainsFunc(s.Levels, func(t LevelTrend) bool { return t.Growing })
	switch {
	case r.generatorLate():
		return LimitGenerator
	case r.Validity.Verdict == Invalid:
		return LimitUnknown
	case !lost && r.saturated():
		l.Busy = true
		return LimitGenerator
	case !(broke || lost || unsustained) && r.Layout.ClosedOnly():
		return LimitUsers
	case !(broke || lost || unsustained):
		return LimitNothing
	case bad == 0:
		return l.largest()
	}
	return l.blame()
}

// blame counts each bad request to somebody.
func (l *Limit) blame() Limiter {
	count := map[Limiter]uint64{LimitConcurrency: l.NotSent, LimitTarget: l.Failed}
	count[l.largest()] += l.Slow
	worst := LimitTarget
	for _, by := range []Limiter{LimitConcurrency, LimitGenerator} {
		if count[by] > count[worst] {
			worst = by
		}
	}
	return worst
}

// largest is whose part of the time is the largest. Connecting is the target's: it,
// or the way to it, takes that time. What was not answered waited for the target, or,
// where more was never sent than failed, for a connection.
func (l *Limit) largest() Limiter {
	p := &l.Parts
	target, waiting := p.Connecting+p.Service, p.Waiting
	if l.NotSent > l.Failed {
		waiting += p.Unanswered
	} else {
		target += p.Unanswered
	}
	switch {
	case p.Lag > waiting && p.Lag > target:
		return LimitGenerator
	case waiting > target:
		return LimitConcurrency
	}
	return LimitTarget
}

// generatorLate says whether the generator was so late that it spoils a run, or ran
// into a limit of its own.
func (r *Run) generatorLate() bool {
	return r.lag.spoils(r.Info.LagLimit()) || r.checks.late(r) ||
		slices.ContainsFunc(r.Events, func(e Event) bool { return e.Kind == "generator" && e.Level == Severe })
}
