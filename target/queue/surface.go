package queue

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Pools is how a made-up service is set up: the two settings that people look for by
// trial. Zero is none: the law's own mean counts.
type Pools struct{ Pool, Workers int }

// mostOfPool bounds either.
const mostOfPool = 100_000

// Validate reports what is wrong with it.
func (p Pools) Validate() error {
	var errs []error
	for _, of := range []struct {
		name string
		n    int
	}{{"pool", p.Pool}, {"workers", p.Workers}} {
		if of.n < 0 || of.n > mostOfPool {
			errs = append(errs, fmt.Errorf("%s: must be between 0 and %d, got %d", of.name, mostOfPool, of.n))
		}
	}
	if (p.Pool == 0) != (p.Workers == 0) {
		errs = append(errs, errors.New("pool, workers: give both, or neither"))
	}
	return errors.Join(errs...)
}

// Throughput is the most requests a second that the service makes so set up:
//
//	X(p, w) = (D(p)^−8 + W(w)^−8)^(−1/8)
//	D(n) = 60n / (1 + 0.03(n−1) + 0.0009n(n−1))
//	W(n) = 45n / (1 + 0.02(n−1) + 0.0003n(n−1))
//
// Each of the two is the universal scalability law (Gunther): too few do little, too many
// get in each other's way. The best is 665.2/s at 33 and 57, and a wide neighbourhood is
// nearly as good.
func (p Pools) Throughput() float64 {
	d, w := scaled(60, 0.03, 0.0009, p.Pool), scaled(45, 0.02, 0.0003, p.Workers)
	return math.Pow(math.Pow(d, -8)+math.Pow(w, -8), -1.0/8)
}

func scaled(one, contention, coherency float64, n int) float64 {
	f := float64(n)
	return one * f / (1 + contention*(f-1) + coherency*f*(f-1))
}

// InForce is the law of service times by which they are drawn, before Slow: with pools
// its mean is such that the servers together make what the pools let through.
func (s Settings) InForce() Law {
	l := s.Law
	if s.Pools.Pool > 0 {
		l.Mean = time.Duration(float64(s.Servers) / s.Pools.Throughput() * float64(time.Second))
	}
	return l
}
