package gate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// The hold is decided by leads: a candidate that broke the SLO in three trials more than it
// held it has lost, one that is three ahead has won. With the base, two are enough to say
// that the machine is not what it was.
const (
	candidateLead = 3
	baseLead      = 2
	mostHolds     = 15 // trials of a side
)

func (l *Lead) add(held bool) {
	if held {
		l.Held++
	} else {
		l.Broke++
	}
}

func (l Lead) lead() int { return l.Held - l.Broke }
func (l Lead) all() int  { return l.Held + l.Broke }

// broke says whether a trial broke the SLO, by the point estimate of each clause: what
// is far from the limit is sure anyway, and what is near it is decided by the lead.
func broke(t *trial.Told, clauses []trial.Clause) bool {
	if t.Growing || t.GaveUp || len(t.Broke) > 0 {
		return true
	}
	for i, c := range t.Counts {
		if i < len(clauses) && c.Share() > clauses[i].Allowed {
			return true
		}
	}
	return false
}

// foundBy is the probability that a candidate which breaks a trial with probability p is found
// a regression: the walk of its lead, from 0, reaches −3 before +3 and before the
// trials are used up. It is a chain of seven states.
func foundBy(p float64) float64 {
	at := [2*candidateLead + 1]float64{candidateLead: 1}
	for range mostHolds {
		next := [len(at)]float64{0: at[0], len(at) - 1: at[len(at)-1]}
		for i := 1; i < len(at)-1; i++ {
			next[i-1] += p * at[i]
			next[i+1] += (1 - p) * at[i]
		}
		at = next
	}
	return at[0]
}

// An edge is how the share of bad requests grows near the capacity.
type edge struct {
	allowed    float64
	requests   float64 // of a trial
	clump      float64
	elasticity float64
	distance   float64 // of the hold's rate from the capacity, a logarithm: below 0
}

// breaks is the probability that a trial breaks the SLO when the service is slower by
// change. Such a service is as near to its limit as the old one under so much more load. Bad
// requests come in clusters, whose number is Poisson's and whose sizes are exponential,
// half the clump in the mean: so their sum varies clump times as much as a Poisson number. Clumps
// grow with the load, in queues about as the root of what is bad.
func (e edge) breaks(change float64) float64 {
	limit := e.allowed * e.requests
	grown := math.Exp(min(e.elasticity*(e.distance+math.Log1p(change)), 20))
	mean := min(limit*grown, e.requests)
	clump := max(1, e.clump*math.Sqrt(min(grown, mostGrown)))
	size := clump / 2
	clusters := mean / size
	if clusters > 200 {
		return distuv.UnitNormal.CDF((mean - limit) / math.Sqrt(clump*mean))
	}
	p, of := 0.0, math.Exp(-clusters)
	for n := 1.0; n < clusters || of > 1e-9; n++ {
		of *= clusters / n
		p += of * mathext.GammaIncRegComp(n, limit/size)
	}
	return min(p, 1)
}

// mostGrown is the share of bad requests, over that allowed, from which clumps grow no more.
const mostGrown = 20

// operating is how likely each change is found by the hold.
func (e edge) operating() (all []Power) {
	for _, change := range []float64{0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3} {
		all = append(all, Power{Change: change, Found: foundBy(e.breaks(change))})
	}
	return all
}

// detects is the smallest change that is found nine times in ten; 0 = none below a half.
func (e edge) detects() float64 {
	low, high := 0.0, 0.5
	if foundBy(e.breaks(high)) < 0.9 {
		return 0
	}
	for high-low > 1e-4 {
		if middle := (low + high) / 2; foundBy(e.breaks(middle)) >= 0.9 {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
