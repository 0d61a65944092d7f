package queue

import "math"

// quantile is the t at which a falling tail P(T > t) reaches 1−p.
func quantile(above func(float64) float64, p float64) float64 {
	hi := 1e-6
	for above(hi) > 1-p && hi < 1e12 {
		hi *= 2
	}
	return bisect(0, hi, func(t float64) bool { return above(t) > 1-p })
}

// bisect is where below turns from true to false between lo and hi.
func bisect(lo, hi float64, below func(float64) bool) float64 {
	for range 200 {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// ErlangB is the probability that all of c servers without a queue are busy, under
// an offered load of a (arrival rate over the rate of one server).
func ErlangB(c int, a float64) float64 {
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// ErlangC is the probability of waiting with a queue before c servers. It is 1 when
// they are overloaded.
func ErlangC(c int, a float64) float64 {
	if a >= float64(c) {
		return 1
	}
	b := ErlangB(c, a)
	return b / (1 - a/float64(c)*(1-b))
}

// Relaxation is the scale, in seconds, over which a queue before c servers forgets
// its past: 1/(√(cμ) − √λ)². It is infinite at and above the servers' capacity.
func Relaxation(c int, arrivals, rate float64) float64 {
	if arrivals >= float64(c)*rate {
		return math.Inf(1)
	}
	root := math.Sqrt(float64(c)*rate) - math.Sqrt(arrivals)
	return 1 / (root * root)
}

// MeanWaitMG1 is the mean wait, in seconds, before one server that Poisson arrivals
// come to (Pollaczek and Khinchine): λ·E[S²]/(2(1−ρ)).
func MeanWaitMG1(arrivals float64, service Law) float64 {
	m, cv := service.Mean.Seconds(), service.Variation()
	if arrivals*m >= 1 {
		return math.Inf(1)
	}
	return arrivals * m * m * (1 + cv*cv) / (2 * (1 - arrivals*m))
}
