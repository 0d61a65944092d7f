package queue

import "math"

// MMc is Poisson arrivals to a queue, first come first served, before servers with
// exponential service times. T is the response: wait and service.
type MMc struct {
	Servers  int
	Arrivals float64 // λ, a second
	Rate     float64 // μ, of one server, a second
}

// Offered is the offered load λ/μ, in servers.
func (m MMc) Offered() float64 { return m.Arrivals / m.Rate }

// Load is ρ, the share of their time that the servers work.
func (m MMc) Load() float64 { return m.Offered() / float64(m.Servers) }

// Waiting is the probability that a request has to wait.
func (m MMc) Waiting() float64 { return ErlangC(m.Servers, m.Offered()) }

// spare is θ = cμ − λ: the rate at which the wait of those who wait ends.
func (m MMc) spare() float64 { return float64(m.Servers)*m.Rate - m.Arrivals }

// Mean is E[T] in seconds, infinite when overloaded.
func (m MMc) Mean() float64 {
	if m.spare() <= 0 {
		return math.Inf(1)
	}
	return 1/m.Rate + m.Waiting()/m.spare()
}

// Above is P(T > t), t in seconds.
func (m MMc) Above(t float64) float64 {
	if t < 0 || m.spare() <= 0 {
		return 1
	}
	c, mu, theta := m.Waiting(), m.Rate, m.spare()
	// e^{−μt}·(1−e^{−(θ−μ)t})/(θ−μ), which at θ = μ is t·e^{−μt}.
	gap := theta - mu
	rest := t
	if math.Abs(gap*t) > 1e-12 {
		rest = -math.Expm1(-gap*t) / gap
	}
	return math.Exp(-mu*t) * (1 + c*mu*rest)
}

// Quantile is the t, in seconds, that a share p of the responses do not exceed.
func (m MMc) Quantile(p float64) float64 {
	if m.spare() <= 0 {
		return math.Inf(1)
	}
	return quantile(m.Above, p)
}

// Relaxation is how long, in seconds, the queue remembers.
func (m MMc) Relaxation() float64 { return Relaxation(m.Servers, m.Arrivals, m.Rate) }

// Capacity is the highest arrival rate of Poisson requests at which the servers keep
// their quantile p within limit seconds; 0 when they cannot at any. Elasticity is
// d ln q/d ln λ there, of the share q that exceeds the limit.
func Capacity(servers int, rate, p, limit float64) (arrivals, elasticity float64) {
	over := func(arrivals float64) float64 { return MMc{servers, arrivals, rate}.Above(limit) }
	if over(0) >= 1-p {
		return 0, 0
	}
	arrivals = bisect(0, float64(servers)*rate, func(x float64) bool { return over(x) < 1-p })
	return arrivals, elasticityAt(over, arrivals)
}

// elasticityAt is the slope of ln f over ln x.
func elasticityAt(f func(float64) float64, x float64) float64 {
	const h = 1e-5
	return math.Log(f(x*(1+h))/f(x*(1-h))) / math.Log((1+h)/(1-h))
}
