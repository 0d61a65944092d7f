package stats

import (
	"cmp"
	"slices"
	"time"
)

// gaugeSlack is how long after the end of its window a gauge may have been read:
// a window so close to the end of a phase may already show its end.
const gaugeSlack = 20 * time.Millisecond

// HeldMin is the least number of connections held, summed over agents, at the end
// of the windows that lie wholly between a hold phase's last connect and its
// end. ok is false when there is no such window.
func (r *Run) HeldMin() (n uint64, ok bool) {
	g := r.held("")
	return uint64(g.min), g.seen
}

// HeldPeak is the largest such number.
func (r *Run) HeldPeak() (n uint64, ok bool) {
	g := r.held("")
	return uint64(g.max), g.seen
}

// A gauge is what was seen of a number that rises and falls.
type gauge struct {
	min, max, last float64
	seen           bool
}

func (g *gauge) see(v float64) {
	if !g.seen {
		g.min, g.max, g.seen = v, v, true
	}
	g.min, g.max, g.last = min(g.min, v), max(g.max, v), v
}

// held follows connections held by the hold phases, or the one named.
func (r *Run) held(phase string) (g gauge) {
	phases := r.phases(func(p *PhaseKey) bool { return p.Holds > 0 && (phase == "" || p.Name == phase) })
	for i := range r.Windows {
		w, sum, in := &r.Windows[i], uint64(0), false
		if w.Excluded() {
			continue
		}
		for _, p := range phases {
			if r.holdsDuring(p, w) && p < len(w.Merged.Phases) {
				sum, in = sum+w.Merged.Phases[p].ConnHeld, true
			}
		}
		if in {
			g.see(float64(sum))
		}
	}
	return g
}

// phases are the indices of the phases a predicate picks.
func (r *Run) phases(pick func(*PhaseKey) bool) (picked []int) {
	if r.Layout == nil {
		return nil
	}
	for i := range r.Layout.Phases {
		if pick(&r.Layout.Phases[i]) {
			picked = append(picked, i)
		}
	}
	return picked
}

// holdsDuring says whether a window lies between the last connect and the end of
// a hold phase.
func (r *Run) holdsDuring(phase int, w *Window) bool {
	if phase >= len(r.Spans) {
		return false
	}
	s := r.Spans[phase]
	return s.Connected != Never && w.Begin() >= s.Connected && (s.End == Never || w.End()+gaugeSlack <= s.End)
}

// A spell is some stretches of time, in order and apart from each other.
type spell []stretch

type stretch struct{ from, until Offset }

// within is how much of the spell lies in [from, until).
func (s spell) within(from, until Offset) (sum time.Duration) {
	for _, c := range s {
		sum += max(0, min(c.until, until)-max(c.from, from))
	}
	return sum
}

// covered is when at least one of the phases issued load so far, nil when none has
// begun. A phase may say its end in advance.
func (r *Run) covered(phases []int) (s spell) {
	var spans []Span
	for _, p := range phases {
		if p < len(r.Spans) && r.Spans[p].Begin != Never {
			spans = append(spans, r.Spans[p])
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Begin, b.Begin) })
	for _, one := range spans {
		s = s.add(one.Begin, one.endBy(r.Now()))
	}
	return s
}

func (s *Span) endBy(now Offset) Offset {
	if s.End == Never || s.End > now {
		return max(now, s.Begin)
	}
	return s.End
}

// add puts a stretch in that begins no earlier than the others.
func (s spell) add(from, until Offset) spell {
	if n := len(s); n > 0 && from <= s[n-1].until {
		s[n-1].until = max(s[n-1].until, until)
		return s
	}
	return append(s, stretch{from, until})
}

// Throughput is recorded requests a second over the time recorded phases issued
// load, 0 before there is any. Heartbeats do not count, nor does time in which
// connections were only held.
func (r *Run) Throughput() float64 {
	q := query{run: r}
	return perSecond(q.cells((*CellStats).Requests), q.seconds())
}

func perSecond(n uint64, over time.Duration) float64 {
	if over <= 0 {
		return 0
	}
	return float64(n) / over.Seconds()
}
