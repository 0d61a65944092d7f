package queue

import "math"

// MMcK is MMc with room for Room requests in all, served and waiting; those that
// come when it is full are refused. Room must not be below Servers. It needs no
// spare capacity: an overloaded one refuses what is too much.
type MMcK struct {
	MMc
	Room int
}

// states are the probabilities of 0 … Room requests in the system.
func (m MMcK) states() []float64 {
	p := make([]float64, m.Room+1)
	p[0] = 1
	sum := 1.0
	for n := 1; n <= m.Room; n++ {
		p[n] = p[n-1] * m.Offered() / float64(min(n, m.Servers))
		if p[n] > 1e200 { // far above capacity the early states are nothing
			scale(p[:n+1], 1e-200)
			sum *= 1e-200
		}
		sum += p[n]
	}
	scale(p, 1/sum)
	return p
}

func scale(p []float64, by float64) {
	for i := range p {
		p[i] *= by
	}
}

// Blocked is the probability that a request is refused.
func (m MMcK) Blocked() float64 { return m.states()[m.Room] }

// Mean is the mean response, in seconds, of those that are admitted.
func (m MMcK) Mean() float64 {
	p := m.states()
	n := 0.0
	for i, x := range p {
		n += float64(i) * x
	}
	return n / (m.Arrivals * (1 - p[m.Room])) // Little's law
}

// Above is P(T > t) of those that are admitted, t in seconds.
func (m MMcK) Above(t float64) float64 { return m.tail(m.states())(t) }

// Quantile is the t, in seconds, that a share p of the admitted do not exceed.
func (m MMcK) Quantile(p float64) float64 { return quantile(m.tail(m.states()), p) }

// tail weighs what an admitted request finds. With n < c before it, it is served at
// once; else it waits for n−c+1 departures.
func (m MMcK) tail(p []float64) func(float64) float64 {
	admitted := 1 - p[m.Room]
	return func(t float64) float64 {
		if t < 0 {
			return 1
		}
		sum := 0.0
		for n, x := range p[:m.Room] {
			sum += x * m.served(max(0, n-m.Servers+1), t)
		}
		return sum / admitted
	}
}

// served is P(T > t) behind k departures at the servers' full rate.
func (m MMcK) served(k int, t float64) float64 {
	full := float64(m.Servers) * m.Rate
	switch {
	case k == 0:
		return math.Exp(-m.Rate * t)
	case m.Servers == 1: // its own service is one more at the same rate
		return poissonUpTo(k, full*t)
	}
	over := full - m.Rate
	// The convolution of k exponentials at the full rate with one at a server's rate.
	early := math.Exp(-m.Rate*t + float64(k)*math.Log(full/over))
	return poissonUpTo(k-1, full*t) + early*poissonAbove(k-1, over*t)
}

// poissonUpTo is P(N ≤ k) of a Poisson variable with mean x.
func poissonUpTo(k int, x float64) float64 {
	if x == 0 {
		return 1
	}
	sum := 0.0
	for i, term := k, poisson(k, x); i >= 0; i-- {
		sum += term
		if float64(i) < x && term <= sum*1e-17 {
			break
		}
		term *= float64(i) / x
	}
	return min(1, sum)
}

// poissonAbove is P(N > k), summed from its own side so that small values are exact.
func poissonAbove(k int, x float64) float64 {
	if x > float64(k) {
		return max(0, 1-poissonUpTo(k, x))
	}
	sum := 0.0
	for i, term := k+1, poisson(k+1, x); term > sum*1e-17; i++ {
		sum += term
		term *= x / float64(i+1)
	}
	return sum
}

func poisson(k int, x float64) float64 {
	if x == 0 {
		if k == 0 {
			return 1
		}
		return 0
	}
	lg, _ := math.Lgamma(float64(k + 1))
	return math.Exp(float64(k)*math.Log(x) - x - lg)
}
