package stats

import (
	"math"
	"slices"
	"strings"
	"time"
)

// A Limiter is what kept a run from doing better.
type Limiter string

// The limiters. Nobody is known where the measurement is invalid: it then shows
// the generator at least as much as the target.
const (
	LimitUnknown     Limiter = "unknown"
	LimitNothing     Limiter = "nothing"     // what was asked for was done, in time
	LimitGenerator   Limiter = "generator"   // it was late, or out of something
	LimitConcurrency Limiter = "concurrency" // requests waited for a connection, or for max_vus
	LimitTarget      Limiter = "target"
	LimitUsers       Limiter = "users" // of a closed load: each waits for its answer, and there are no more of them
)

// A Limit says who was the limit of a run, and by which figures.
type Limit struct {
	By    Limiter
	Parts Parts

	// Over is the response-time limit that broke, and Seconds in how many seconds it
	// did: the parts are of these alone. Both are 0 when the parts are of the whole run.
	Over    time.Duration
	Seconds int

	// The bad requests of what was looked at: slower than Over, never sent, and failed
	// otherwise.
	Slow, NotSent, Failed uint64
}

// Parts are where the time of requests went, as sums over Requests of them: exact,
// as histograms keep exact sums, and so are the means that follow. Percentiles of
// parts do not add up to that of the whole, and are not asked.
//
//	Response = Lag + Waiting + Connecting + Service + Unanswered
type Parts struct {
	Requests   uint64 // ended, failed ones included
	Response   time.Duration
	Lag        time.Duration // the generator's own lateness
	Waiting    time.Duration // for a free connection, or the turn to open one
	Connecting time.Duration // TCP and TLS, and up to the first byte written
	Service    time.Duration // the target's, of whole answers
	Unanswered time.Duration // what failed requests took that none of these accounts for
}

// Mean is a part's mean over the requests, 0 without any.
func (p *Parts) Mean(sum time.Duration) time.Duration {
	if p.Requests == 0 {
		return 0
	}
	return sum / time.Duration(p.Requests)
}

// Share is a part of the whole response time, 0 to 1.
func (p *Parts) Share(sum time.Duration) float64 {
	if p.Response <= 0 {
		return 0
	}
	return float64(sum) / float64(p.Response)
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
	l := Limit{}
	if r.Layout == nil {
		return l
	}
	limit, broke := r.brokenLimit()
	if broke {
		l.lookAtBroken(r, limit)
	}
	if l.Parts.Requests == 0 {
		l.Over, l.Seconds = 0, 0
		l.look(r.Layout, &r.sound)
	}
	if l.Parts.Requests == 0 {
		return Limit{}
	}
	l.Parts.rest(l.NotSent+l.Failed == 0)
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
	case !(broke || lost || unsustained || r.failedBroke()) && r.Layout.ClosedOnly():
		return LimitUsers
	case !(broke || lost || unsustained || r.failedBroke()):
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
	return r.PacerLag(&r.sound).Percentile(99) > lagFactor*r.Info.LagLimit() || isShare(r.lag.veryLate, r.lag.windows) || r.checks.late(r) ||
		slices.ContainsFunc(r.Events, func(e Event) bool { return e.Kind == "generator" && e.Level == Severe })
}

// failedBroke says whether a limit on failures broke.
func (r *Run) failedBroke() bool {
	return slices.ContainsFunc(r.Verdicts, func(v Verdict) bool {
		return !v.Held && !v.NoData && (v.Threshold.Metric == "failed" || v.Threshold.Metric == "not_sent")
	})
}

// A timeLimit is a broken limit on response time: of the rows that q picks, no more
// than share may be slower than at.
type timeLimit struct {
	q     query
	at    time.Duration
	share float64
}

// brokenLimit is the first limit on the response time of recorded requests that broke.
func (r *Run) brokenLimit() (timeLimit, bool) {
	for i := range r.Verdicts {
		t := &r.Verdicts[i].Threshold
		if r.Verdicts[i].Held || r.Verdicts[i].NoData || t.Metric != "response_time" || t.Limit <= 0 || !strings.HasPrefix(t.Op, "<") {
			continue
		}
		l := timeLimit{q: query{run: r, tags: Tags{Name: t.Tags.Name, Phase: t.Tags.Phase}}, at: time.Duration(math.Round(t.Limit * 1e9))}
		switch t.Agg {
		case "p":
			l.share = 1 - t.P/100
		case "med":
			l.share = 0.5
		}
		if slices.ContainsFunc(r.Layout.Cells, func(c CellKey) bool { return c.Recorded && l.q.picksCell(&c) }) {
			return l, true
		}
	}
	return timeLimit{}, false
}

// lookAtBroken looks at the seconds in which the limit broke.
func (l *Limit) lookAtBroken(r *Run, limit timeLimit) {
	l.Over = limit.at
	for i := range r.Windows {
		w := &r.Windows[i]
		slow, broke := limit.brokeIn(w.Merged)
		if w.Excluded() || !broke {
			continue
		}
		l.Seconds++
		l.Slow += slow
		l.look(r.Layout, w.Merged)
	}
}

// brokeIn says how many requests of a snapshot held and were slower than the limit, and
// whether these and those that failed are more than there may be.
func (t *timeLimit) brokeIn(s *Snapshot) (slow uint64, broke bool) {
	var n, failed uint64
	for i := range min(len(s.Cells), len(t.q.run.Layout.Cells)) {
		if t.q.picksCell(&t.q.run.Layout.Cells[i]) {
			d := s.Cells[i].Dist()
			n, failed, slow = n+d.Count(), failed+d.Infinite, slow+d.OK.CountAbove(t.at)
		}
	}
	return slow, float64(slow+failed) > t.share*float64(n)
}

// look adds what a snapshot has of recorded requests.
func (l *Limit) look(layout *Layout, s *Snapshot) {
	for i := range min(len(s.Cells), len(layout.Cells)) {
		if c := &s.Cells[i]; layout.Cells[i].Recorded {
			l.NotSent += c.Classes[NotSent]
			l.Failed += c.Bad() - c.Classes[NotSent]
			l.Parts.Requests += c.Response.Count() + c.Failed.Count()
			l.Parts.Response += c.Response.Sum() + c.Failed.Sum()
			l.Parts.Service += c.Service.Sum()
		}
	}
	for i := range min(len(s.Phases), len(layout.Phases)) {
		if p := &s.Phases[i]; layout.Phases[i].Recorded && layout.Phases[i].Holds == 0 {
			l.Parts.Lag += p.PacerLag.Sum()
			l.Parts.Waiting += p.PoolWait.Sum()
			l.Parts.Connecting += p.Connect.Sum() + p.TLS.Sum()
		}
	}
}

// rest makes the parts add up. Where every request was answered, what is left is
// connecting, exactly; connections that were opened for later count in no response.
func (p *Parts) rest(allAnswered bool) {
	left := max(0, p.Response-p.Lag-p.Waiting-p.Service)
	if allAnswered {
		p.Connecting = left
		return
	}
	p.Connecting = min(p.Connecting, left)
	p.Unanswered = left - p.Connecting
}
