package stats

import (
	"slices"
	"strings"
	"time"
)

// A brokenLimit is a limit that broke, and the rows it speaks of. Without one it is of
// all recorded rows.
type brokenLimit struct {
	q query

	// Percentile p of requests may be no slower than at; 0 where failures were limited.
	at time.Duration
	p  float64
}

// brokenLimit is the first limit on the response time of recorded requests that broke,
// else the first on failures.
func (r *Run) brokenLimit() (brokenLimit, bool) {
	for _, find := range []func(*Threshold) (brokenLimit, bool){r.limitOnTime, r.limitOnFailures} {
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			if v.Held || v.NoData {
				continue
			}
			if l, ok := find(&v.Threshold); ok {
				return l, true
			}
		}
	}
	return brokenLimit{q: query{run: r}}, false
}

func (r *Run) limitOnTime(t *Threshold) (brokenLimit, bool) {
	l := brokenLimit{q: query{run: r, tags: t.Tags}, at: t.Time(), p: 100}
	if p, is := t.percentile(); is {
		l.p = p
	}
	return l, t.limitsTime() && slices.ContainsFunc(r.Layout.Cells, func(c CellKey) bool { return l.picks(&c) })
}

// limitOnFailures is one on what failed, was not sent, or had a status that says so.
func (r *Run) limitOnFailures(t *Threshold) (brokenLimit, bool) {
	from, _ := statusRange(t.Tags.Status)
	failures := t.Metric == "failed" || t.Metric == "not_sent" || t.Metric == "requests" && from >= 400 && !strings.HasPrefix(t.Op, ">")
	return brokenLimit{q: query{run: r, tags: t.Tags}}, failures
}

// picks says whether the limit speaks of a row.
func (b *brokenLimit) picks(c *CellKey) bool { return c.Recorded && b.q.picksCell(c) }

// look says how the requests fared that the limit speaks of: in the seconds in which it
// broke if it was on response time, else in the whole run.
func (b *brokenLimit) look() Limit {
	r := b.newRowSums()
	r.Over = b.at
	for i := range b.q.run.Windows {
		if w := &b.q.run.Windows[i]; b.at > 0 && !w.Excluded() && b.brokeIn(w) {
			r.Seconds++
			r.look(w.Merged)
		}
	}
	if r.Seconds == 0 {
		r.Over = 0
		r.look(&b.q.run.sound)
	}
	return r.limit()
}

// brokeIn says whether more requests of a second were slow or failed than may be.
func (b *brokenLimit) brokeIn(w *Window) bool {
	var n, bad uint64
	b.eachDist(w, func(d Dist) { n, bad = n+d.Count(), bad+d.CountAbove(b.at) })
	return bad > n-Rank(b.p, n)
}

func (b *brokenLimit) eachDist(w *Window, f func(Dist)) {
	cells, agent := b.q.run.Layout.Cells, b.q.tags.Agent
	for i := range w.Agents {
		if a := &w.Agents[i]; agent != "" && a.Name == agent {
			f(Dist{OK: a.Response, Infinite: a.RecordedFailed})
		}
	}
	for i := range min(len(w.Merged.Cells), len(cells)) {
		if agent == "" && b.picks(&cells[i]) {
			f(w.Merged.Cells[i].Dist())
		}
	}
}
