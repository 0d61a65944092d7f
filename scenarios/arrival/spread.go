package arrival

import (
	"math"
	"time"
)

// Rates are the lowest and the highest rate from a moment until before another, which is
// later. Past the end the rate is 0.
func (p Profile) Rates(from, until time.Duration) (lowest, highest float64) {
	lowest = math.Inf(1)
	for _, s := range p {
		if from < s.Duration && until > 0 {
			a, b := s.rateAt(max(from, 0)), s.rateAt(min(until, s.Duration))
			lowest, highest = min(lowest, a, b), max(highest, a, b)
		}
		from, until = from-s.Duration, until-s.Duration
	}
	if until > 0 {
		lowest = 0
	}
	return lowest, highest
}

// Spread is which part of the arrivals of a stretch is expected before each of so many
// cells of equal length, and at last before its end: cells+1 numbers from 0 to 1. nil is a
// level rate, or none at all.
func (p Profile) Spread(from, length time.Duration, cells int) []float64 {
	if lowest, highest := p.Rates(from, from+length); lowest == highest {
		return nil
	}
	c := compile(p)
	before := c.integral(from)
	all := c.integral(from+length) - before
	if all <= 0 {
		return nil
	}
	spread := make([]float64, cells+1)
	for i := range spread {
		spread[i] = (c.integral(from+time.Duration(i)*length/time.Duration(cells)) - before) / all
	}
	return spread
}
