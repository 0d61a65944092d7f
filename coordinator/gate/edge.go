package gate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// An edge is how the share of bad requests grows near the capacity.
type edge struct {
	known   bool // there were trials of the hold to learn it from, and they were enough
	guessed bool // how steep it is was not told, but follows from those trials

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
