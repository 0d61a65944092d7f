package upstream

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// A Delay is a law of service times and, for a queue, who serves. The zero value never
// waits.
type Delay struct {
	law      law
	scale    float64 // seconds: fixed, the value; exponential, the mean; lognormal, the median; pareto, the least
	shape    float64 // lognormal: standard deviation of the logarithm; pareto: 1/α
	spelling string
	servers  int // that serve at once, as in target/queue; 0 = one for every request
	capacity int // most requests in a queue, served and waiting; 0 = any number
}

type law int

const (
	fixed law = iota
	exponential
	lognormal
	pareto
)

// longest bounds a draw, so that the tail of a law cannot outlive a run.
const longest = time.Hour

// Fixed is the same delay every time.
func Fixed(d time.Duration) Delay {
	return Delay{scale: d.Seconds(), spelling: fmt.Sprintf("fixed:%s", d)}
}

// Exponential has the given mean: −mean·ln(1−u) at quantile u.
func Exponential(mean time.Duration) Delay {
	return Delay{law: exponential, scale: mean.Seconds(), spelling: fmt.Sprintf("exponential:mean=%s", mean)}
}

// Lognormal has the given median and 99th percentile: p50·(p99/p50)^(z(u)/z(0.99)),
// z the quantiles of the standard normal law. p50 must be above 0 and p99 not below it.
func Lognormal(p50, p99 time.Duration) Delay {
	return Delay{law: lognormal, scale: p50.Seconds(), shape: math.Log(float64(p99)/float64(p50)) / normal(0.99),
		spelling: fmt.Sprintf("lognormal:p50=%s,p99=%s", p50, p99)}
}

// Pareto is never shorter than least and has the tail exponent alpha: least·(1−u)^(−1/α).
// Both must be above 0. Its mean is least·α/(α−1); with α ≤ 1 it has none but that no draw
// is longer than an hour.
func Pareto(least time.Duration, alpha float64) Delay {
	return Delay{law: pareto, scale: least.Seconds(), shape: 1 / alpha, spelling: fmt.Sprintf("pareto:min=%s,alpha=%g", least, alpha)}
}

// ParetoBy is the Pareto law of the given median and 99th percentile:
// α = ln 50 / ln(p99/p50) and min = p50·2^(−1/α). The terms of Lognormal hold.
func ParetoBy(p50, p99 time.Duration) Delay {
	shape := math.Log(float64(p99)/float64(p50)) / math.Log(50)
	return Delay{law: pareto, scale: p50.Seconds() * math.Exp2(-shape), shape: shape,
		spelling: fmt.Sprintf("pareto:p50=%s,p99=%s", p50, p99)}
}

// Queue has each request wait for the first free of so many servers, first come first
// served, and be served by one of the other laws. Capacity is the most requests inside,
// at least as many as servers, or 0 for any number; those beyond are refused.
func Queue(servers, capacity int, service Delay) Delay {
	service.servers, service.capacity = servers, capacity
	return service
}

// At is the service time at quantile u of the law; u is in [0, 1).
func (d Delay) At(u float64) time.Duration {
	switch {
	case d.law == exponential:
		return bounded(-d.scale * math.Log1p(-u))
	case d.law == lognormal && d.shape > 0:
		return bounded(d.scale * math.Exp(d.shape*normal(u)))
	case d.law == pareto:
		return bounded(d.scale * math.Exp(-d.shape*math.Log1p(-u)))
	}
	return bounded(d.scale)
}

// normal is the quantile of the standard normal law.
func normal(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }

// bounded rounds to the nanosecond. Truncation would make every mean too short.
func bounded(seconds float64) time.Duration {
	return time.Duration(math.Round(min(seconds, longest.Seconds()) * float64(time.Second)))
}

// Streams of one seed, unrelated to each other. That of services is the one from which
// `loadctl target queue` draws.
const (
	services uint64 = iota + 1
	failures
	resets
)

// Draw is the service time of request n of a seed. It depends on nothing else, so the
// first n requests of a run have the same ones whoever sends them and whenever.
func (d Delay) Draw(seed, n uint64) time.Duration { return d.At(queue.Uniform(seed, services, n)) }

// strikes says whether what befalls a share of requests befalls request n of the seed.
func strikes(seed, stream, n uint64, share float64) bool {
	return share > 0 && queue.Uniform(seed, stream, n) < share
}

// String is the spelling ParseDelay reads.
func (d Delay) String() string {
	spelling := d.spelling
	if spelling == "" {
		spelling = "fixed:0s"
	}
	switch {
	case d.servers == 0:
		return spelling
	case d.capacity == 0:
		return fmt.Sprintf("queue:servers=%d,service=%s", d.servers, spelling)
	}
	return fmt.Sprintf("queue:servers=%d,capacity=%d,service=%s", d.servers, d.capacity, spelling)
}
