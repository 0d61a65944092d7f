package capacity

import (
	"math"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// An estimate is the capacity by all clauses, in logarithms.
type estimate struct {
	known             bool
	median, low, high float64 // the interval as it is published
	b                 float64
	clause            int // that limits
}

// half is half the width, as a share.
func (e estimate) half() float64 { return (e.high - e.low) / 2 }

// refit fits every clause that something came near to, to all trials that count.
func (s *Search) refit() {
	for j := range s.c.Clauses {
		points := s.points(j)
		if !near(points, s.c.Clauses[j].Allowed) {
			s.fits[j] = posterior{}
		}
	}
	g := newGrid(math.Log(s.low)-gridRoom, math.Log(s.high)+gridRoom)
	for range 8 {
		s.fitAll(g)
		wider := s.widen(g)
		if wider == g {
			break
		}
		g = wider
	}
}

// near says whether a clause's limit was come near to. What allows none, or all, has no line
// to fit: it is held or broken.
func near(points []point, allowed float64) bool {
	if allowed <= 0 || allowed >= 1 {
		return false
	}
	for _, p := range points {
		if p.k > 0 && p.k > p.n*allowed/3 {
			return true
		}
	}
	return false
}

func (s *Search) fitAll(g grid) {
	for j, c := range s.c.Clauses {
		if points := s.points(j); near(points, c.Allowed) {
			s.fits[j] = fit(points, c.Allowed, g, s.fits[j])
		}
	}
}

// widen is the grid with room at the ends where a clause that may limit has not come to nothing.
func (s *Search) widen(g grid) grid {
	const end, much, step = 0.05, 0.005, 0.2
	low, high := g.from, g.end()
	_, below, known := s.together()
	if !known {
		return g
	}
	edge := int(end / g.step)
	if below[edge] > much {
		low -= step
	}
	if 1-below[g.cells-1-edge] > much {
		high += step
	}
	if low == g.from && high == g.end() {
		return g
	}
	return newGrid(low, high)
}

// together is the law of the smallest capacity of all clauses.
func (s *Search) together() (grid, []float64, bool) {
	var known []posterior
	for _, p := range s.fits {
		if p.cells > 0 {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		return grid{}, nil, false
	}
	g, below := smallest(known)
	return g, below, true
}

func (s *Search) estimate() (e estimate) {
	g, below, known := s.together()
	if !known {
		return e
	}
	e.known = true
	tail := (1 - s.c.Confidence) / 2
	e.median = quantile(g, below, 0.5)
	least := math.Inf(1)
	for j, p := range s.fits {
		if p.cells > 0 && p.median < least {
			least, e.clause, e.b = p.median, j, p.b
		}
	}
	widen := s.c.Widen * s.fits[e.clause].misfit
	e.low = e.median - widen*(e.median-quantile(g, below, tail))
	e.high = min(e.median+widen*(quantile(g, below, 1-tail)-e.median), s.brokeAbove(e.median+math.Log(6)/e.b))
	return e
}

// brokeAbove is the lowest load, well above, that broke by far, whatever the tail of the line
// would have: it bounds the interval. (Not so below: a short trial may miss what is rare.)
func (s *Search) brokeAbove(above float64) float64 {
	least := math.Inf(1)
	for i := s.since; i < len(s.tried); i++ {
		t := &s.tried[i]
		if load := math.Log(s.load(t.Ask)); t.Used && !t.Held && load > above && s.clearly(&t.Told) {
			least = min(least, load)
		}
	}
	return least
}

// points are what the trials that count say of clause j.
func (s *Search) points(j int) (all []point) {
	for i := s.since; i < len(s.tried); i++ {
		t := &s.tried[i]
		if !t.Used {
			continue
		}
		if p := pointOf(&t.Told, j, math.Log(s.load(t.Ask))); p.n > 0 {
			all = append(all, p)
		}
	}
	return all
}

// pointOf is what a trial says of clause j. Where requests in the target became more and
// more, those that were left over count as bad ones of the clause that is worst off.
func pointOf(t *trial.Told, j int, load float64) point {
	if j >= len(t.Counts) {
		return point{load: load, clump: 1}
	}
	c := t.Counts[j]
	p := point{load: load, n: float64(c.N), k: min(float64(c.Bad), float64(c.N)), clump: c.Clump}
	if t.Growing && j == worst(t.Counts) {
		p.k = min(p.n, max(p.k, t.Slope*t.Measured.Seconds()))
	}
	if !(p.clump >= 1) || math.IsInf(p.clump, 0) {
		p.clump = 1
	}
	return p
}

// worst is the clause with the largest share of bad requests.
func worst(all []trial.Count) (j int) {
	for i, c := range all {
		if c.Share() > all[j].Share() {
			j = i
		}
	}
	return j
}
