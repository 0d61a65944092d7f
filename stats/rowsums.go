package stats

import "time"

// rowSums add up the requests that a broken limit speaks of, and beside them all of
// their phases, which know some parts of the time of all their requests only.
type rowSums struct {
	Limit

	layout *Layout
	picks  func(*CellKey) bool
	phases map[int]bool // those of the rows that are picked

	whole  Limit         // of all recorded rows of these phases
	failed time.Duration // what picked requests took that failed
}

func (b *brokenLimit) newRowSums() *rowSums {
	r := &rowSums{layout: b.q.run.Layout, picks: b.picks, phases: map[int]bool{}}
	r.Of = b.q.tags
	for i := range r.layout.Cells {
		if c := &r.layout.Cells[i]; r.picks(c) {
			r.phases[c.Phase] = true
		}
	}
	return r
}

// look adds what a snapshot has.
func (r *rowSums) look(s *Snapshot) {
	for i := range min(len(s.Cells), len(r.layout.Cells)) {
		key, c := &r.layout.Cells[i], &s.Cells[i]
		if key.Recorded && r.phases[key.Phase] {
			r.whole.add(c)
		}
		if r.picks(key) {
			r.add(c)
			r.failed += c.Failed.Sum()
		}
	}
	for i := range min(len(s.Phases), len(r.layout.Phases)) {
		if r.phases[i] && r.layout.Phases[i].Holds == 0 {
			r.whole.Parts.addPhase(&s.Phases[i])
		}
	}
}

func (l *Limit) add(c *CellStats) {
	if l.Over > 0 {
		l.Slow += c.Response.CountAbove(l.Over)
	}
	l.NotSent += c.Classes[NotSent]
	l.Failed += c.Bad() - c.Classes[NotSent]
	l.Parts.add(c)
}

// limit is what came of it, its parts adding up.
func (r *rowSums) limit() Limit {
	r.whole.Parts.rest(r.whole.NotSent+r.whole.Failed == 0)
	r.Shared = r.whole.Parts.Requests > r.Parts.Requests
	if r.Shared {
		r.Parts.split(&r.whole.Parts, r.failed)
	} else {
		r.Parts = r.whole.Parts
	}
	return r.Limit
}
