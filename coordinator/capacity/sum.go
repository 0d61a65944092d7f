package capacity

import "math"

// A sum adds up likelihoods of different elasticities, which come as logarithms.
type sum struct {
	scale float64   // logarithm that all are over
	cells []float64 // by cell of ln C
	bs    float64
	logB  float64
}

func newSum(cells int) *sum { return &sum{scale: math.Inf(-1), cells: make([]float64, cells)} }

func (s *sum) add(b float64, logs []float64) {
	top := math.Inf(-1)
	for _, l := range logs {
		top = max(top, l)
	}
	if top > s.scale {
		s.rescale(top)
	}
	for i, l := range logs {
		p := math.Exp(l - s.scale)
		s.cells[i] += p
		s.bs += p
		s.logB += p * math.Log(b)
	}
}

func (s *sum) rescale(top float64) {
	f := math.Exp(s.scale - top)
	s.scale, s.bs, s.logB = top, s.bs*f, s.logB*f
	for i := range s.cells {
		s.cells[i] *= f
	}
}

func (s *sum) posterior(g grid) posterior {
	p := posterior{grid: g, below: s.cells, b: math.Exp(s.logB / s.bs)}
	have := 0.0
	for i, c := range s.cells {
		have += c / s.bs
		p.below[i] = min(have, 1)
	}
	p.median = p.quantile(0.5)
	return p
}

// quantile is the ln C that is not reached with probability at.
func (p *posterior) quantile(at float64) float64 { return quantile(p.grid, p.below, at) }

func quantile(g grid, below []float64, at float64) float64 {
	before := 0.0
	for i, here := range below {
		if here >= at {
			return g.at(float64(i) - 0.5 + (at-before)/max(here-before, 1e-300))
		}
		before = here
	}
	return g.at(float64(g.cells))
}

// smallest is the law of the smallest of several, which are told apart as if one said
// nothing of the other.
func smallest(all []posterior) (g grid, below []float64) {
	g = all[0].grid
	below = make([]float64, g.cells)
	for i := range below {
		above := 1.0
		for _, p := range all {
			above *= 1 - p.below[i]
		}
		below[i] = 1 - above
	}
	return g, below
}
