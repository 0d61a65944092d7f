package usl

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// resamples is how many fits bands are made of: their ends are the 10th of each side.
const resamples = 400

// draws are fits to points as chance might have had them.
type draws []curve

// bootstrap draws the residuals anew about the curve, each with any point. Points themselves
// are not drawn: of ten with two past the peak, one sample in nine would have neither of these. A
// fit comes closer to its points than the truth does, by as much as each point pulls at it, and few
// points know their scatter badly: residuals are made larger by both, the latter as Student's t has it.
func bootstrap(points []Point, best curve, seed uint64) draws {
	random := rand.New(rand.NewPCG(seed, uint64(len(points))))
	residuals := spread(points, best)
	again := slices.Clone(points)
	all := make(draws, resamples)
	for k := range all {
		for i, p := range points {
			again[i].X = best.at(p.N) * math.Exp(residuals[random.IntN(len(residuals))]/math.Sqrt(p.Weight))
		}
		all[k] = solve(again, best, 3)
	}
	return all
}

// spread are residuals of points of weight 1, as large as those about the truth, and
// centred.
func spread(points []Point, c curve) []float64 {
	pulls := leverage(points, c)
	all, mean := make([]float64, len(points)), 0.0
	for i, p := range points {
		all[i] = p.residual(c) * math.Sqrt(p.Weight) / math.Sqrt(max(1-pulls[i], 0.1))
		mean += all[i] / float64(len(points))
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(max(len(points)-params, 1))}.Quantile(0.5 + Confidence/2)
	normal := distuv.UnitNormal.Quantile(0.5 + Confidence/2)
	for i := range all {
		all[i] = (all[i] - mean) * min(t/normal, 3)
	}
	return all
}

// leverage is how far each point pulls the curve along, 0 to 1.
func leverage(points []Point, c curve) []float64 {
	weights := make([]float64, len(points))
	for i, p := range points {
		weights[i] = p.Weight
	}
	left, _ := normal(points, weights, vectorOf(c))
	all := make([]float64, len(points))
	for i, p := range points {
		d := c.slowed(p.N)
		j := vector{1, -(p.N - 1) / d, -p.N * (p.N - 1) / d}
		if x, ok := gauss(left, j); ok {
			all[i] = p.Weight * (j[0]*x[0] + j[1]*x[1] + j[2]*x[2])
		}
	}
	return all
}

// band is the interval of what follows from a curve. It is not known where it has no end.
func (d draws) band(best curve, of func(curve) float64) Band {
	all := make([]float64, len(d))
	for i, c := range d {
		all[i] = of(c)
	}
	slices.Sort(all)
	tail := int(float64(len(all)) * (1 - Confidence) / 2)
	b := Band{of(best), all[tail], all[len(all)-1-tail]}
	for _, v := range []float64{b.Value, b.Low, b.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Band{}
		}
	}
	return b
}
