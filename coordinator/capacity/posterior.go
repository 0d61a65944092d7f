package capacity

import "math"

// A point is what one trial says of one clause.
type point struct {
	load  float64 // logarithm of the load
	n, k  float64 // requests, and bad ones
	clump float64 // how many times as much as of independent ones the trial's own bins make k vary
}

// The model of one clause: of n requests at load r, n·q·(r/C)^b are bad in the mean, where
// q is the share allowed. C and b have a flat prior on a grid of their logarithms.
const (
	gridStep  = 0.0025 // of ln C, or more where the grid would have too many cells
	gridCells = 400
	gridRoom  = 0.2 // beyond the loads that held and broke
	leastB    = 3.0
	factorB   = 1.5
	mostB     = 700.0
	mostTimes = 60   // more than so many times what is allowed says nothing of how steep it is
	noise     = 0.12 // standard deviation of ln k that trials have beside clumps
	mostFar   = 1    // of how little a trial far away may count: it must not be unheard
	freedom   = 10   // degrees of it in Student's t
	agreed    = 6.0  // points' worth of belief in the variances
)

// A grid is the values of ln C that are thought of.
type grid struct {
	from, step float64
	cells      int
}

func newGrid(low, high float64) grid {
	step := max(gridStep, (high-low)/gridCells)
	return grid{low, step, int(math.Ceil((high-low)/step)) + 1}
}

func (g grid) at(i float64) float64 { return g.from + i*g.step }

func (g grid) end() float64 { return g.at(float64(g.cells - 1)) }

// A posterior is what is known of a clause.
type posterior struct {
	grid
	below  []float64 // probability that ln C lies below each cell's upper end
	median float64   // of ln C
	b      float64   // geometric mean of the elasticity
	misfit float64
}

// fit is the posterior after the points, given where the last one had its centre. How much
// a point counts depends on how far it is from the centre, which is found by going around.
func fit(points []point, allowed float64, g grid, last posterior) posterior {
	p := last
	if p.b == 0 {
		p.median, p.b = g.at(float64(g.cells)/2), 20
	}
	for range 3 {
		p = fitOnce(points, allowed, g, p)
	}
	return p
}

func fitOnce(points []point, allowed float64, g grid, near posterior) posterior {
	reach := math.Log(6) / near.b
	phi := pooled(points, near.median, reach)
	sum := newSum(g.cells)
	for b := leastB; b <= mostB; b *= factorB {
		sum.add(b, likelihoods(terms(points, near.median, reach, phi), allowed, b, g))
	}
	p := sum.posterior(g)
	p.misfit = misfit(terms(points, p.median, reach, phi), allowed, p)
	return p
}

// misfit is by how much the points lie further from the line than their variances say, as
// a factor on distances. What the bins of a trial cannot tell is how much trials differ.
func misfit(all []term, allowed float64, p posterior) float64 {
	sum, n := agreed, float64(agreed)
	for _, t := range all {
		weight := 1 / (1 + t.more/(noise*noise)) * 2
		u := min(p.b*(t.load-p.median), math.Log(mostTimes))
		m := t.n * allowed * math.Exp(u)
		dev := t.k - m
		if t.k > 0 {
			dev += t.k * math.Log(m/t.k)
		}
		sum += weight * -2 * dev / (t.phi + noise*noise*max(t.k, m))
		n += weight
	}
	return math.Sqrt(sum / max(n-2, agreed))
}

// pooled is how much bad requests clump near the limit: one trial has too few episodes of
// them to tell.
func pooled(points []point, centre, reach float64) float64 {
	sum, weight := 0.0, 0.0
	for _, p := range points {
		if math.Abs(p.load-centre) < reach {
			sum, weight = sum+p.clump*(p.k+1), weight+p.k+1
		}
	}
	if weight == 0 {
		return 1
	}
	return max(1, sum/weight)
}

// A term is a point with its variance: phi + more·max(k, m), where m is the mean.
type term struct {
	point
	phi, more float64
}

// terms give each point its variance. The law is a straight line only near the limit, so
// points further away than reach fade.
func terms(points []point, centre, reach, phi float64) []term {
	all := make([]term, len(points))
	for i, p := range points {
		far := min(max(0, math.Abs(p.load-centre)/reach-1), mostFar)
		all[i] = term{p, phi, noise*noise + far*far}
	}
	return all
}

// likelihoods are the logarithms of those of each cell, for elasticity b: Student's t of
// the deviances, so that one trial gone wrong does not carry the rest along.
func likelihoods(terms []term, allowed, b float64, g grid) []float64 {
	logs, product := make([]float64, g.cells), make([]float64, g.cells)
	for i := range product {
		product[i] = 1
	}
	for _, t := range terms {
		t.multiply(product, allowed, b, g)
		for i, p := range product {
			if p > 1e150 {
				logs[i], product[i] = logs[i]+math.Log(p), 1
			}
		}
	}
	for i, p := range product {
		logs[i] = -(freedom + 1) / 2.0 * (logs[i] + math.Log(p))
	}
	return logs
}

// multiply brings in one term, cell by cell; the mean falls by a constant factor from
// each to the next.
func (t term) multiply(product []float64, allowed, b float64, g grid) {
	if t.n == 0 {
		return
	}
	due, most := t.n*allowed, math.Log(mostTimes)
	logK := math.Log(max(t.k, 1e-9) / due)
	mean, factor := 0.0, math.Exp(-b*g.step)
	for i := range product {
		m, u := due*mostTimes, b*(t.load-g.at(float64(i)))
		switch {
		case u >= most:
			u = most
		case mean == 0:
			mean = due * math.Exp(u)
			m = mean
		default:
			mean *= factor
			m = mean
		}
		dev := t.k*(u-logK) - (m - t.k)
		product[i] *= 1 - 2*min(dev, 0)/(freedom*(t.phi+t.more*max(t.k, m)))
	}
}
