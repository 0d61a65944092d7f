package queue

import "math"

// GIM1 is arrivals with independent distances of any law to one exponential server,
// first come first served. Its response is exponential, at the rate μ(1−σ).
type GIM1 struct {
	Rate  float64 // μ, a second
	sigma float64
}

// NewGIM1 solves σ = A*(μ(1−σ)), A* being the Laplace transform of the distance
// between arrivals. The mean distance must be above 1/μ.
func NewGIM1(rate float64, transform func(s float64) float64) GIM1 {
	sigma := bisect(0, 1, func(x float64) bool { return transform(rate*(1-x)) > x })
	return GIM1{Rate: rate, sigma: sigma}
}

// NewDM1 is GIM1 with arrivals at constant distances: what constant pacing offers.
func NewDM1(arrivals, rate float64) GIM1 {
	return NewGIM1(rate, func(s float64) float64 { return math.Exp(-s / arrivals) })
}

// Waiting is σ, the probability that a request has to wait.
func (g GIM1) Waiting() float64 { return g.sigma }

// Mean is the mean response in seconds.
func (g GIM1) Mean() float64 { return 1 / (g.Rate * (1 - g.sigma)) }

// Above is P(T > t), t in seconds.
func (g GIM1) Above(t float64) float64 { return math.Exp(-max(t, 0) / g.Mean()) }

// Quantile is the t, in seconds, that a share p of the responses do not exceed.
func (g GIM1) Quantile(p float64) float64 { return -math.Log1p(-p) * g.Mean() }

// MD1 is Poisson arrivals to one server whose service always takes D. Its response
// is the wait and D.
type MD1 struct {
	Arrivals float64 // λ, a second
	D        float64 // seconds; λD must be below 1
}

// WaitWithin is P(W ≤ x), x in seconds, at any load. The textbook's sum,
//
//	(1−ρ) Σ_{k=0}^{⌊x/D⌋} e^{λ(x−kD)}·(−λ(x−kD))^k/k!
//
// alternates, and loses all its digits where λx is beyond some twenty. This is the
// same probability as a sum of positive terms: a request waits no longer than x in
// [(k−1)D, kD) when at most j of the queue it is k periods behind have come since,
// j being what the queue's length leaves room for.
func (m MD1) WaitWithin(x float64) float64 {
	if x < 0 {
		return 0
	}
	k := int(math.Floor(x/m.D)) + 1
	queued := m.queued(k)
	mean := m.Arrivals * (float64(k)*m.D - x)
	sum := 0.0
	for j := range k {
		sum += queued[k-1-j] * poisson(j, mean)
	}
	return min(1, sum)
}

// WaitQuantile is the wait, in seconds, that a share p do not exceed.
func (m MD1) WaitQuantile(p float64) float64 {
	return quantile(func(x float64) float64 { return 1 - m.WaitWithin(x) }, p)
}

// queued are P(at most i wait), i < n, from the states of the system in which one
// more is served. What flows up over a level of the queue's length flows down again:
//
//	p_{n+1}·a₀ = p₀·P(A > n) + Σ_{j=1}^{n} p_j·P(A > n+1−j)
//
// with A what arrives within a service. Every term is positive.
func (m MD1) queued(n int) []float64 {
	load := m.Arrivals * m.D
	more := make([]float64, n+1) // P(A > i)
	for i := range more {
		more[i] = poissonAbove(i, load)
	}
	p := []float64{1 - load}
	for i := range n {
		up := p[0] * more[i]
		for j := 1; j <= i; j++ {
			up += p[j] * more[i+1-j]
		}
		p = append(p, up*math.Exp(load))
	}
	out, sum := make([]float64, n), p[0]
	for i := range out {
		sum += p[i+1]
		out[i] = sum
	}
	return out
}
