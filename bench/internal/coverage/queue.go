// Package coverage asks how often the intervals that loadctl gives hold the truth,
// with queues whose response times are known by mathematics and which take no time
// to run, as their clock is a number. It refuses to share anything with the target
// that loadctl ships: it checks arithmetic, not sockets.
package coverage

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A Queue is M/M/c: Poisson arrivals, exponential service, first come first served. With
// one server it can also be D/M/1 or M/H2/1.
type Queue struct {
	Servers int
	Service float64 // requests a second that one server does
	Load    float64 // ρ, arrivals over what all servers do
	Law     Law
}

// A Law says what of a queue is not exponential.
type Law string

// Paced requests arrive at a constant rate; the service times of a Varied queue are
// those of two exponentials (balanced means), with four times the variance of one.
const (
	Exponential Law = ""
	Paced       Law = "paced"
	Varied      Law = "varied"
)

// String is Kendall's name for it.
func (q Queue) String() string {
	switch q.Law {
	case Paced:
		return fmt.Sprintf("D/M/%d", q.Servers)
	case Varied:
		return fmt.Sprintf("M/H2/%d", q.Servers)
	}
	return fmt.Sprintf("M/M/%d", q.Servers)
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

// Slower is the share of requests whose response time is over t seconds.
func (q Queue) Slower(t float64) float64 {
	switch q.Law {
	case Paced:
		return q.slowerPaced(t)
	case Varied:
		return q.slowerVaried(t)
	}
	return q.slower(t)
}

// slower is (1−C)·e^(−μt) + C·(θ·e^(−μt) − μ·e^(−θt))/(θ−μ), θ = cμ − λ.
func (q Queue) slower(t float64) float64 {
	c, mu := q.Waits(), q.Service
	theta := float64(q.Servers)*mu - q.Rate()
	if math.Abs(theta-mu) < 1e-9*mu {
		return math.Exp(-mu*t) * (1 + c*mu*t)
	}
	return (1-c)*math.Exp(-mu*t) + c*(theta*math.Exp(-mu*t)-mu*math.Exp(-theta*t))/(theta-mu)
}

// slowerPaced is e^(−μ(1−σ)t), where σ = e^(−(1−σ)/ρ).
func (q Queue) slowerPaced(t float64) float64 {
	sigma := 0.5
	for range 1000 {
		sigma = math.Exp((sigma - 1) / q.Load)
	}
	return math.Exp(-q.Service * (1 - sigma) * t)
}

// mix are the shares and rates of the two exponentials of a Varied service.
func (q Queue) mix() (shares, rates [2]float64) {
	const spread = 4 // squared coefficient of variation
	p := (1 + math.Sqrt((spread-1.)/(spread+1))) / 2
	return [2]float64{p, 1 - p}, [2]float64{2 * p * q.Service, 2 * (1 - p) * q.Service}
}

// slowerVaried inverts Pollaczek and Khinchine's transform of the response time, which
// for two exponentials has two poles −r: its numerator is
// (1−ρ)·Σ p·μ·(s + the other μ), its denominator s² + (μ₁+μ₂−λ)s + μ₁μ₂(1−ρ).
func (q Queue) slowerVaried(t float64) float64 {
	p, mu := q.mix()
	b, c := mu[0]+mu[1]-q.Rate(), mu[0]*mu[1]*(1-q.Load)
	root := math.Sqrt(b*b - 4*c)
	r := [2]float64{(b + root) / 2, (b - root) / 2}
	slower := 0.0
	for i, pole := range r {
		top := (1 - q.Load) * (p[0]*mu[0]*(mu[1]-pole) + p[1]*mu[1]*(mu[0]-pole))
		slower += top / (r[1-i] - pole) / pole * math.Exp(-pole*t)
	}
	return slower
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

// Relaxation is about the time over which the queue forgets: 1/(√(cμ) − √λ)², and more
// if service varies more.
func (q Queue) Relaxation() time.Duration {
	root := math.Sqrt(float64(q.Servers)*q.Service) - math.Sqrt(q.Rate())
	if q.Law == Varied {
		root /= 2
	}
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
		now += q.pause(rng) / rate
		if now >= end {
			return
		}
		first := earliest(free)
		done := math.Max(free[first], now) + q.serve(rng)
		free[first] = done
		if now >= 0 {
			tell(seconds(now), seconds(done-now))
		}
	}
}

// pause is the time to the next arrival, in mean ones.
func (q Queue) pause(rng *rand.Rand) float64 {
	if q.Law == Paced {
		return 1
	}
	return rng.ExpFloat64()
}

// serve is a service time in seconds.
func (q Queue) serve(rng *rand.Rand) float64 {
	if q.Law != Varied {
		return rng.ExpFloat64() / q.Service
	}
	shares, rates := q.mix()
	if rng.Float64() < shares[0] {
		return rng.ExpFloat64() / rates[0]
	}
	return rng.ExpFloat64() / rates[1]
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
