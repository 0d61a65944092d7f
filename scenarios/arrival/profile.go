package arrival

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Bounds of what a profile may ask for. They keep every index exact in a float64
// and every moment exact in nanoseconds.
const (
	MaxRate     = 1e9
	MaxDuration = 366 * 24 * time.Hour
	maxArrivals = 1 << 50
)

// countSlack forgives the rounding of a sum of stages: 0.1/s for 10 s is one arrival.
const countSlack = 1e-9

// Validate reports everything wrong with the profile at once.
func (p Profile) Validate() error {
	var errs []error
	if len(p) == 0 {
		errs = append(errs, errors.New("a profile needs at least one stage"))
	}
	for i, s := range p {
		errs = append(errs, s.validate(i))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if p.Duration() > MaxDuration || p.total() > maxArrivals {
		return errors.New("the profile is too long")
	}
	return nil
}

func (s Stage) validate(i int) error {
	switch {
	case s.Duration <= 0:
		return fmt.Errorf("stages[%d].duration: must be > 0, got %v", i, s.Duration)
	case s.Duration > MaxDuration:
		return fmt.Errorf("stages[%d].duration: must be at most %v, got %v", i, MaxDuration, s.Duration)
	case !sane(s.From) || !sane(s.To):
		return fmt.Errorf("stages[%d]: rates must be between 0 and %g, got %g to %g", i, float64(MaxRate), s.From, s.To)
	}
	return nil
}

func sane(rate float64) bool { return rate >= 0 && rate <= MaxRate }

// Duration is how long the stages take together.
func (p Profile) Duration() time.Duration {
	var sum time.Duration
	for _, s := range p {
		sum += s.Duration
	}
	return sum
}

// RateAt is the rate at an offset: where two stages meet, that of the later one;
// past the end, 0.
func (p Profile) RateAt(at time.Duration) float64 {
	for _, s := range p {
		if at < s.Duration {
			return s.rateAt(at)
		}
		at -= s.Duration
	}
	return 0
}

// rateAt is the rate so long after the stage's begin.
func (s Stage) rateAt(at time.Duration) float64 {
	return s.From + (s.To-s.From)*max(float64(at)/float64(s.Duration), 0)
}

// Peak is the highest rate the profile reaches.
func (p Profile) Peak() float64 {
	peak := 0.0
	for _, s := range p {
		peak = max(peak, s.From, s.To)
	}
	return peak
}

// Integral is Λ(at) = ∫₀ᵃᵗ rate: how many arrivals are due by then.
func (p Profile) Integral(at time.Duration) float64 {
	c := compile(p)
	return c.integral(at)
}

// Sums is Integral for who asks often.
func (p Profile) Sums() func(at time.Duration) float64 { return compile(p).integral }

// Inverse is Λ⁻¹(n): the last moment by which no more than n arrivals are due, so
// that a stretch without load is passed over. It is false at and past the
// profile's total.
func (p Profile) Inverse(n float64) (time.Duration, bool) {
	c := compile(p)
	return c.inverse(n)
}

// Count is ⌊Λ(end)⌋, how many arrivals a uniform schedule has.
func (p Profile) Count() uint64 { return countOf(p.total()) }

func countOf(total float64) uint64 { return uint64(math.Floor(total + countSlack)) }

func (p Profile) total() float64 {
	sum := 0.0
	for _, s := range p {
		sum += s.area()
	}
	return sum
}

// area is the stage's part of the integral, a trapezium.
func (s Stage) area() float64 { return float64((s.From+s.To)/2) * s.Duration.Seconds() }
