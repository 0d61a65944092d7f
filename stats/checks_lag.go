package stats

import (
	"fmt"
	"slices"
	"time"
)

// A lagWatch follows the pacer lag of recorded phases window by window.
type lagWatch struct {
	judged                    // in which lag was seen
	late, veryLate badSeconds // seconds whose 99th percentile was over the limit, and far over it
	whole          *Histogram
	worst          time.Duration // largest 99th percentile of a window
	worstAt        Offset
	lost           uint64    // samples that could not be recorded
	meanwhile      meanwhile // in the late seconds
}

func (l *lagWatch) watch(r *Run, w *Window) {
	for i := range w.Agents {
		l.lost += w.Agents[i].Lost
	}
	lag := r.PacerLag(w.Merged)
	if lag.Count() == 0 || w.Excluded() {
		return
	}
	join(&l.whole, lag)
	p99, grade := lag.Percentile(99), gradeOfLag(lag, r.Info.LagLimit())
	l.judge(p99, grade, w)
	l.see(w.Index, secondsOf(p99))
	if grade > Fine {
		l.meanwhile.look(r, w, int64(secondsOf(p99)), "")
	}
}

// spoils says whether the lag of all agents together makes a run invalid.
func (l *lagWatch) spoils(limit time.Duration) bool {
	return l.whole.Percentile(99) > lagFactor*limit || isShare(l.veryLate.seconds, l.seconds)
}

// judge counts a lag of several seconds as that many late seconds: a generator
// that stood still reports one window in which everything is late.
func (l *lagWatch) judge(p99 time.Duration, grade Grade, w *Window) {
	if grade == Fine {
		return
	}
	l.late.count(w.Index, secondsOf(p99))
	if grade == Grave {
		l.veryLate.count(w.Index, secondsOf(p99))
	}
	if p99 > l.worst {
		l.worst, l.worstAt = p99, w.Begin()
	}
}

// PacerLag merges the lag that a run is judged on, see Layout.judgesLag.
func (r *Run) PacerLag(all ...*Snapshot) *Histogram {
	var lag *Histogram
	for _, s := range all {
		if s == nil {
			continue
		}
		for i := range min(len(s.Phases), len(r.Layout.Phases)) {
			if r.Layout.judgesLag(i) {
				join(&lag, s.Phases[i].PacerLag)
			}
		}
	}
	return lag
}

// judgesLag says whether the lag of a phase's requests counts: of those it records.
// Heartbeats are not among them, and count only where connections are held and nothing
// else is sent.
func (l *Layout) judgesLag(phase int) bool {
	p := &l.Phases[phase]
	return p.Recorded && (p.Holds == 0 || l.onlyHolds())
}

// onlyHolds says whether all that is recorded is connections being held.
func (l *Layout) onlyHolds() bool {
	return !slices.ContainsFunc(l.Phases, func(p PhaseKey) bool { return p.Recorded && p.Holds == 0 })
}

// lag needs two late seconds for a share of windows to count, because in a short
// run a single hiccup is more than one percent of it; one that mattered shows in
// the lag of the whole run.
func (v *verdict) lag(r *Run) {
	l, limit, why := &r.lag, r.Info.LagLimit(), r.lag.meanwhile.String()
	switch whole := l.whole.Percentile(99); {
	case whole > lagFactor*limit:
		v.together = Grave
		v.add(Invalid, "the generator was late: 1 in 100 requests started more than %s after its time (limit %s)%s",
			short(whole), short(lagFactor*limit), why)
	case l.spoils(limit):
		v.together = Grave
		v.add(Invalid, "the generator was late in %d of %d seconds: the 99th percentile of its lag was over %s, at worst %s at %s%s",
			l.veryLate.seconds, max(l.seconds, l.veryLate.seconds), short(lagFactor*limit), short(l.worst), short(l.worstAt), why)
	case isShare(l.late.seconds, l.seconds) || l.veryLate.seconds > 0 || whole > limit:
		v.together = Slight
		v.add(Degraded, "the generator was a little late in %d of %d seconds: the 99th percentile of its lag was over %s, at worst %s at %s%s",
			l.late.seconds, max(l.seconds, l.late.seconds), short(limit), short(l.worst), short(l.worstAt), why)
	}
}

func lagOfWindow(r *Run, _ *Window, a *AgentWindow) finding {
	limit := r.Info.LagLimit()
	if a.PacerLag.Max() <= limit { // nearly always; it need not be looked through then
		return finding{}
	}
	p99 := a.PacerLag.Percentile(99)
	if p99 <= limit {
		return finding{}
	}
	f := finding{grade: Slight, size: float64(p99), seconds: secondsOf(p99), text: fmt.Sprintf("1 in 100 requests started more than %s after its time", short(p99))}
	if p99 > lagFactor*limit {
		f.grade = Grave
	}
	return f
}

// fewLate is how many late requests in a second are no share of anything: of the eighty that
// a slow load has in one, a single late one is more than one percent. Such a load is judged by
// the lag of the whole run.
const fewLate = 3

// gradeOfLag is what the lag of a second is worth, of one agent or of all.
func gradeOfLag(lag *Histogram, limit time.Duration) Grade {
	if lag.Max() <= limit {
		return Fine
	}
	switch p99 := lag.Percentile(99); {
	case p99 > lagFactor*limit && lag.CountAbove(lagFactor*limit) > fewLate:
		return Grave
	case p99 > limit && lag.CountAbove(limit) > fewLate:
		return Slight
	}
	return Fine
}

// lagOfAgent is what a run is judged on.
func lagOfAgent(r *Run, w *Window, a *AgentWindow) finding {
	f := lagOfWindow(r, w, a)
	if f.grade = gradeOfLag(a.PacerLag, r.Info.LagLimit()); f.grade == Fine {
		return finding{}
	}
	return f
}

func hasLag(_ *Run, w *Window) bool {
	return slices.ContainsFunc(w.Agents, func(a AgentWindow) bool { return a.PacerLag.Count() > 0 })
}
