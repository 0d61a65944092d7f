package capacity

import (
	"math"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// surprised is a load further on, where the last three trials were all far on one side of
// what the fit expected: an earlier trial holds it back that may no longer be true. 0 = they were not.
func (s *Search) surprised() (load float64) {
	low, high, held, broke := math.Inf(1), 0.0, 0, 0
	for i := len(s.tried) - 1; i >= s.since && held+broke < lately; i-- {
		t := &s.tried[i]
		switch {
		case !t.Used || t.Kind == confirm:
			continue
		case t.Kind != refine:
			return 0
		case t.Held && s.cleanly(&t.Told):
			held++
		case !t.Held && s.clearly(&t.Told):
			broke++
		default:
			return 0
		}
		low, high = min(low, s.load(t.Ask)), max(high, s.load(t.Ask))
	}
	switch {
	case held == lately:
		return high * narrow
	case broke == lately:
		return low / narrow
	}
	return 0
}

// held says whether a trial kept to the SLO, by what was counted.
func (s *Search) held(t *trial.Told) bool {
	if len(t.Broke) > 0 || t.Growing {
		return false
	}
	for j, c := range s.c.Clauses {
		if p := pointOf(t, j, 0); p.k > c.Allowed*p.n {
			return false
		}
	}
	return true
}

// cleanly says whether nothing came near to a limit.
func (s *Search) cleanly(t *trial.Told) bool {
	for j, c := range s.c.Clauses {
		if p := pointOf(t, j, 0); p.k > c.Allowed*p.n/10 {
			return false
		}
	}
	return true
}

// clearly says whether a trial broke by more than chance would do a little below.
func (s *Search) clearly(t *trial.Told) bool {
	for j, c := range s.c.Clauses {
		if p := pointOf(t, j, 0); p.k > 3*c.Allowed*p.n || p.k > (1+c.Allowed)/2*p.n {
			return true
		}
	}
	return len(t.Broke) > 0
}
