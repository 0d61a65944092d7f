package capacity

import (
	"fmt"
	"math"
)

// When a target is not the same early and late: by how much more likely it is that there
// were two than that there was one, as a logarithm, and trials of each.
const (
	changed  = 18.0
	eachSide = 3
)

// A change is the place at which trials near the limit fall apart best.
type change struct {
	early, late span
	worth       float64 // logarithm of the likelihood that two capacities add
}

// A span is the values of ln C that some trials like best: a range where they all held, or all broke.
type span struct{ low, high float64 }

func (p span) apart(q span) float64 { return max(p.low-q.high, q.low-p.high) }

// drift says in words that the target was not the same early and late, "" where it may
// have been. All trials near the limit are asked: a single one, at the same
// load, says little where bad requests come in a few episodes a minute. The anchor, which
// is among the late, is at a load that the early ones know.
func (s *Search) drift(e estimate) string {
	if !e.known || s.edge(e) {
		return ""
	}
	c := s.change(e)
	if c.worth < changed || c.early.apart(c.late) < s.c.Precision {
		return ""
	}
	return fmt.Sprintf("the target changed: early trials say %s, late ones %s", s.saySpan(c.early, c.late), s.saySpan(c.late, c.early))
}

// saySpan is a span in words: trials that all held have no upper end, and such as all
// broke no lower one.
func (s *Search) saySpan(p, other span) string {
	switch {
	case p.high-p.low < s.c.Precision:
		return s.say(math.Exp((p.low + p.high) / 2))
	case p.low > other.high:
		return "more than " + s.say(math.Exp(p.low))
	}
	return "less than " + s.say(math.Exp(p.high))
}

// change tries every trial as the first of the late ones, with a line as steep as all say.
func (s *Search) change(e estimate) (best change) {
	p := s.fits[e.clause]
	g := newGrid(p.from-gridRoom, p.end()+gridRoom)
	all := s.alone(e, g)
	early, late := make([]float64, g.cells), make([]float64, g.cells)
	for _, logs := range all {
		add(late, logs, 1)
	}
	_, one := peak(g, late)
	for i := 0; i < len(all)-eachSide; i++ {
		add(early, all[i], 1)
		add(late, all[i], -1)
		if i+1 < eachSide {
			continue
		}
		x, a := peak(g, early)
		y, b := peak(g, late)
		if a+b-one > best.worth {
			best = change{x, y, a + b - one}
		}
	}
	return best
}

// alone is what each trial near the limit says by itself.
func (s *Search) alone(e estimate, g grid) (all [][]float64) {
	points := s.nearPoints(e.clause)
	reach := math.Log(6) / e.b
	phi := pooled(points, e.median, reach)
	for i := range points {
		all = append(all, likelihoods(terms(points[i:i+1], points[i].load, reach, phi), s.c.Clauses[e.clause].Allowed, e.b, g))
	}
	return all
}

// nearPoints are those of the trials from the first refining one on.
func (s *Search) nearPoints(j int) (all []point) {
	for i := s.since; i < len(s.tried); i++ {
		t := &s.tried[i]
		if !t.Used || t.Kind == ramp || t.Kind == bracket {
			continue
		}
		if p := pointOf(&t.Told, j, math.Log(s.load(t.Ask))); p.n > 0 {
			all = append(all, p)
		}
	}
	return all
}

func add(sum, logs []float64, times float64) {
	for i, l := range logs {
		sum[i] += times * l
	}
}

// peak is where likelihoods are largest, and how large that is.
func peak(g grid, logs []float64) (at span, height float64) {
	height = math.Inf(-1)
	for _, l := range logs {
		height = max(height, l)
	}
	first, last := -1, 0
	for i, l := range logs {
		if l > height-0.01 {
			last = i
			if first < 0 {
				first = i
			}
		}
	}
	return span{g.at(float64(first)), g.at(float64(last))}, height
}
