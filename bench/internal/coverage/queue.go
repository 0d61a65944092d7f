// Package coverage asks how often the intervals that loadctl gives hold the truth,
// with queues whose response times are known by mathematics and which take no time
// to run, as their clock is a number. It refuses to share anything with the target
// that loadctl ships: it checks arithmetic, not sockets.
package coverage

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Queue is M/M/c: Poisson arrivals, exponential service, first come first served.
type Queue struct {
	Servers int
	Service float64 // requests a second that one server does
	Load    float64 // ρ, arrivals over what all servers do
}

// Rate is arrivals a second.
func (q Queue) Rate() float64 { return q.Load * q.Service * float64(q.Servers) }

// Waits is Erlang's C, the share of requests that find every server busy.
func (q Queue) Waits() float64 {
	a, b := q.Load*float64(q.Servers), 1.0
	for k := 1; k <= q.Servers; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b / (1 - q.Load*(1-b))
}

// Slower is the share of requests whose response time is over t seconds:
// (1−C)·e^(−μt) + C·(θ·e^(−μt) − μ·e^(−θt))/(θ−μ), θ = cμ − λ.
func (q Queue) Slower(t float64) float64 {
	c, mu := q.Waits(), q.Service
	theta := float64(q.Servers)*mu - q.Rate()
	if math.Abs(theta-mu) < 1e-9*mu {
		return math.Exp(-mu*t) * (1 + c*mu*t)
	}
	return (1-c)*math.Exp(-mu*t) + c*(theta*math.Exp(-mu*t)-mu*math.Exp(-theta*t))/(theta-mu)
}

// Percentile is the response time that a share of 1 − p/100 is slower than.
func (q Queue) Percentile(p float64) time.Duration {
	low, high := 0.0, 1000.0
	for range 200 {
		if mid := (low + high) / 2; q.Slower(mid) > 1-p/100 {
			low = mid
		} else {
			high = mid
		}
	}
	return time.Duration(high * float64(time.Second))
}

// Relaxation is the time over which the queue forgets: 1/(√(cμ) − √λ)².
func (q Queue) Relaxation() time.Duration {
	root := math.Sqrt(float64(q.Servers)*q.Service) - math.Sqrt(q.Rate())
	return time.Duration(float64(time.Second) / (root * root))
}

// Run plays the queue for a while, warmed up by thirty relaxation times before that,
// and tells of each request when it arrived and how long it took: Kiefer and
// Wolfowitz's recursion.
func (q Queue) Run(rng *rand.Rand, length time.Duration, tell func(at, took time.Duration)) {
	free := make([]float64, q.Servers)
	rate, end := q.Rate(), length.Seconds()
	begin := -30 * q.Relaxation().Seconds()
	for i := range free {
		free[i] = begin
	}
	for now := begin; ; {
		now += rng.ExpFloat64() / rate
		if now >= end {
			return
		}
		first := earliest(free)
		done := math.Max(free[first], now) + rng.ExpFloat64()/q.Service
		free[first] = done
		if now >= 0 {
			tell(seconds(now), seconds(done-now))
		}
	}
}

func earliest(free []float64) (first int) {
	for i, at := range free {
		if at < free[first] {
			first = i
		}
	}
	return first
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
