package usl

import "math"

// A curve is one set of parameters.
type curve struct{ gamma, alpha, beta float64 }

// slowed is by how much N requests at a time take longer each than one alone. Below one
// request at a time the law says nothing; it goes on smoothly there, and never below nothing.
func (c curve) slowed(n float64) float64 {
	return max(1+c.alpha*(n-1)+c.beta*n*(n-1), 1e-6)
}

func (c curve) at(n float64) float64 { return c.gamma * n / c.slowed(n) }

// peak is where throughput is largest: infinitely far without β.
func (c curve) peak() float64 {
	if c.beta <= 0 {
		return math.Inf(1)
	}
	return max(1, math.Sqrt(max(0, 1-c.alpha)/c.beta))
}

// most is the throughput at the peak, or what it tends to.
func (c curve) most() float64 {
	switch n := c.peak(); {
	case !math.IsInf(n, 1):
		return c.at(n)
	case c.alpha > 0:
		return c.gamma / c.alpha
	}
	return math.Inf(1)
}
