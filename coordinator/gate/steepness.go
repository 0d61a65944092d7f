package gate

import (
	"fmt"
	"math"
)

// usualClump is taken for granted where no bad request was seen: as queues of a few servers have it near
// their capacity.
const usualClump = 50

// softEdge is the elasticity below which the hold is a weak question: with it, a service
// slower by 10 % is missed in more than one gate of twenty.
const softEdge = 20

// edge is what is known of the edge that the hold stands at. Nothing is without trials of it.
func (g *Gate) edge() edge {
	if !g.set.Hold || g.set.Capacity <= 0 || len(g.set.Clauses) == 0 {
		return edge{}
	}
	clause, seen := g.seen()
	rate := g.set.rate(Holds)
	e := edge{requests: seen.n, elasticity: g.set.Elasticity, clump: g.set.Clump,
		distance: math.Log(rate / g.set.Estimate), allowed: g.set.Clauses[clause].Allowed}
	if seen.trials == 0 || seen.n == 0 || e.allowed == 0 {
		return e
	}
	if e.elasticity == 0 {
		e.guessed, e.elasticity = true, seen.steepness(e.allowed, e.distance)
	}
	if e.clump == 0 {
		// Trials of the hold lie below the capacity, where clumps are smaller.
		e.clump = max(1, seen.clump/math.Sqrt(max(0.01, math.Exp(e.elasticity*min(0, e.distance)))))
	}
	e.known = e.elasticity > 0
	return e
}

// A seen is what trials of the base at the hold's rate tell of a clause: in the mean over trials, shares over
// that allowed.
type seen struct{ trials, n, bad, share, clump float64 }

// steepness is the least elasticity that explains why so few requests were bad so far below the capacity,
// where as many as allowed are; 0 = none is needed. The share is taken a standard error above what was seen, by the number of
// clusters, of which one more than was seen is the least. From the hold to the capacity edges of queues become steeper, so at the
// capacity it is no less.
func (s seen) steepness(allowed, distance float64) float64 {
	clump := max(s.clump, 1)
	if s.bad == 0 {
		clump = max(clump, usualClump)
	}
	clusters := s.trials * s.bad / clump
	share := (clusters + math.Sqrt(clusters+1)) * clump / (s.trials * s.n)
	if distance >= 0 || share >= allowed {
		return 0
	}
	return math.Log(allowed/share) / -distance
}

// seen gives the clause that came nearest to its limit, and what was seen of it.
func (g *Gate) seen() (clause int, of seen) {
	all := make([]seen, len(g.set.Clauses))
	weight := make([]float64, len(all))
	for i := range g.trials {
		t := &g.trials[i]
		if t.Kind != Holds || !t.Used || t.GaveUp || t.Side == Candidate && !g.unpaired() {
			continue
		}
		for j := range min(len(all), len(t.Counts)) {
			c := t.Counts[j]
			all[j].trials++
			all[j].n += float64(c.N)
			all[j].bad += float64(c.Bad)
			all[j].share += c.Share() / max(g.set.Clauses[j].Allowed, 1e-12)
			all[j].clump += c.Clump * float64(c.Bad+1)
			weight[j] += float64(c.Bad + 1)
		}
	}
	for j := range all {
		s := &all[j]
		s.n, s.bad, s.clump = s.n/max(s.trials, 1), s.bad/max(s.trials, 1), s.clump/max(weight[j], 1)
		if s.share > all[clause].share {
			clause = j
		}
	}
	return clause, all[clause]
}

// edgeFlags say how far what the hold would find is known, and how much that is.
func (g *Gate) edgeFlags(e *edge) (all []string) {
	if !g.set.Hold || g.set.Capacity <= 0 {
		return nil
	}
	b := g.set.Elasticity
	switch {
	case b == 0 && e.known:
		all = append(all, fmt.Sprintf("how steep the edge of the SLO is was not told: by the trials of the hold, 1 %% more load is %.2g %% more bad requests at least, if %s is the capacity; what the hold would find follows from that",
			e.elasticity, rateWords(g.set.Estimate)))
	case b == 0 && e.guessed:
		all = append(all, "how steep the edge of the SLO is was not told, and the trials of the hold are too near to it to tell: what the hold would find is not known. It comes with a capacity that was searched")
	case b == 0:
		all = append(all, "how steep the edge of the SLO is was not told, so neither is what the hold would find: it comes with a capacity that was searched")
	}
	if b > 0 && b < softEdge {
		all = append(all, fmt.Sprintf("soft edge: 1 %% more load is only %.2g %% more bad requests, so the hold finds small changes late or not (see its operating curve)", b))
	}
	return all
}
