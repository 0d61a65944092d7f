package usl

import (
	"math"
	"slices"
)

// The fit is of ln X: what makes trials differ is a share of the throughput, whatever
// that is. Parameters are ln γ, α and β, the latter two not below 0, and α not above 1, from
// where one request at a time would be best.
const params = 3

type vector [params]float64

func (v vector) curve() curve { return curve{math.Exp(v[0]), v[1], v[2]} }

func vectorOf(c curve) vector { return vector{math.Log(c.gamma), c.alpha, c.beta} }

func (v vector) bounded() vector {
	v[1], v[2] = min(max(v[1], 0), 1), max(v[2], 0)
	return v
}

// held says whether a parameter is at a bound that a step would cross.
func (v vector) held(i int, step float64) bool {
	return i == 1 && (v[1] <= 0 && step < 0 || v[1] >= 1 && step > 0) || i == 2 && v[2] <= 0 && step < 0
}

// huber is the residual, in standard deviations, from which a point pulls no harder: 95 %
// as efficient as least squares where errors are normal.
const huber = 1.345

// solve fits points from a start: robustly, by least squares whose weights follow from the
// residuals before.
func solve(points []Point, from curve, rounds int) curve {
	weights := make([]float64, len(points))
	at := vectorOf(from)
	for i, p := range points {
		weights[i] = p.Weight
	}
	for range rounds {
		at = descend(points, weights, at)
		s := scatter(points, at.curve())
		for i, p := range points {
			weights[i] = p.Weight
			if r := math.Abs(p.residual(at.curve())) * math.Sqrt(p.Weight); r > huber*s && s > 0 {
				weights[i] *= huber * s / r
			}
		}
	}
	return at.curve()
}

// residual is by what share a point lies above a curve, as a logarithm.
func (p Point) residual(c curve) float64 { return math.Log(p.X / c.at(p.N)) }

// scatter is the standard deviation of residuals, of a point of weight 1: by their median,
// so that a few that are far off do not hide themselves.
func scatter(points []Point, c curve) float64 {
	all := make([]float64, len(points))
	for i, p := range points {
		all[i] = math.Abs(p.residual(c)) * math.Sqrt(p.Weight)
	}
	slices.Sort(all)
	n := len(all)
	median := (all[(n-1)/2] + all[n/2]) / 2
	return 1.4826 * median * math.Sqrt(float64(n)/float64(max(n-params, 1)))
}

// descend is Levenberg's and Marquardt's descent, within the bounds.
func descend(points []Point, weights []float64, at vector) vector {
	damping, cost := 1e-3, costOf(points, weights, at)
	for range 60 {
		next := step(points, weights, at, damping)
		if c := costOf(points, weights, next); c < cost {
			done := cost-c <= 1e-10*cost
			at, cost, damping = next, c, max(damping/10, 1e-12)
			if done {
				break
			}
		} else if damping *= 10; damping > 1e8 {
			break
		}
	}
	return at
}

func costOf(points []Point, weights []float64, at vector) (sum float64) {
	c := at.curve()
	for i, p := range points {
		r := p.residual(c)
		sum += weights[i] * r * r
	}
	return sum
}

// step is where one step leads. What would leave its bounds stays, and the others go on
// without it.
func step(points []Point, weights []float64, at vector, damping float64) vector {
	left, right := normal(points, weights, at)
	var fixed [params]bool
	for range params {
		by, ok := damped(left, right, fixed, damping)
		if !ok {
			return at
		}
		again := false
		for i := range params {
			if !fixed[i] && at.held(i, by[i]) {
				fixed[i], again = true, true
			}
		}
		if !again {
			for i := range params {
				at[i] += by[i]
			}
			break
		}
	}
	return at.bounded()
}

// normal are the normal equations of the linear problem around a place.
func normal(points []Point, weights []float64, at vector) (left [params]vector, right vector) {
	c := at.curve()
	for k, p := range points {
		d := c.slowed(p.N)
		j := vector{1, -(p.N - 1) / d, -p.N * (p.N - 1) / d}
		r := p.residual(c)
		for a := range params {
			right[a] += weights[k] * j[a] * r
			for b := range params {
				left[a][b] += weights[k] * j[a] * j[b]
			}
		}
	}
	return left, right
}

// damped solves the equations of the parameters that are free.
func damped(left [params]vector, right vector, fixed [params]bool, damping float64) (vector, bool) {
	for i := range params {
		left[i][i] *= 1 + damping
		if fixed[i] {
			left[i], right[i] = vector{}, 0
			for k := range params {
				left[k][i] = 0
			}
			left[i][i] = 1
		}
	}
	return gauss(left, right)
}

// gauss solves three equations, the largest pivot first; false where they do not say enough.
func gauss(a [params]vector, b vector) (x vector, ok bool) {
	for i := range params {
		top := i
		for k := i + 1; k < params; k++ {
			if math.Abs(a[k][i]) > math.Abs(a[top][i]) {
				top = k
			}
		}
		a[i], a[top], b[i], b[top] = a[top], a[i], b[top], b[i]
		if !(math.Abs(a[i][i]) > 1e-300) {
			return x, false
		}
		for k := i + 1; k < params; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j < params; j++ {
				a[k][j] -= f * a[i][j]
			}
			b[k] -= f * b[i]
		}
	}
	for i := params - 1; i >= 0; i-- {
		x[i] = b[i]
		for j := i + 1; j < params; j++ {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	return x, true
}

// guess is where a descent begins: N/X is linear in 1/γ, α/γ and β/γ, so that without the
// bounds the law is one set of equations.
func guess(points []Point) curve {
	var left [params]vector
	var right vector
	most := 0.0
	for _, p := range points {
		y := p.X / p.N
		j := vector{y, y * (p.N - 1), y * p.N * (p.N - 1)}
		for a := range params {
			right[a] += p.Weight * j[a]
			for b := range params {
				left[a][b] += p.Weight * j[a] * j[b]
			}
		}
		most = max(most, y)
	}
	if x, ok := gauss(left, right); ok && x[0] > 0 {
		return vector{-math.Log(x[0]), x[1] / x[0], x[2] / x[0]}.bounded().curve()
	}
	return curve{gamma: most}
}
