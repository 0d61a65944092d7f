package tui

import (
	"math"
	"slices"
)

// A scale maps values to heights from 0 (bottom) to 1 (top).
type scale struct {
	lo, hi float64
	log    bool
}

// linear is a scale from 0 to a round number at or above most.
func linear(most float64) scale {
	return scale{0, roundUp(most, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10), false}
}

// logarithmic is a scale between the round numbers that hold lo and hi, at least
// half a decade apart, so that a steady line is not drawn as a storm.
func logarithmic(lo, hi float64) scale {
	if !(lo > 0) || !(hi >= lo) {
		return scale{1e-3, 1, true}
	}
	s := scale{roundDown(lo, 1, 2, 5), roundUp(hi, 1, 2, 5, 10), true}
	for s.hi < s.lo*5 {
		s.hi = roundUp(s.hi*1.01, 1, 2, 5, 10)
	}
	return s
}

// at is the height of v, cut to 0..1.
func (s scale) at(v float64) float64 {
	if s.log {
		if v <= s.lo {
			return 0
		}
		return min(math.Log(v/s.lo)/math.Log(s.hi/s.lo), 1)
	}
	if !(s.hi > s.lo) {
		return 0
	}
	return max(0, min((v-s.lo)/(s.hi-s.lo), 1))
}

// ticks are the values worth a label, the most important first.
func (s scale) ticks() []float64 {
	if !s.log {
		return []float64{s.hi, s.lo, (s.hi + s.lo) / 2, s.hi * 0.75, s.hi * 0.25}
	}
	ticks := []float64{s.hi, s.lo}
	for _, m := range []float64{1, 2, 5} {
		for d := decade(s.lo); d <= s.hi; d *= 10 {
			if v := m * d; v > s.lo*1.001 && v < s.hi*0.999 {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

func decade(v float64) float64 { return math.Pow(10, math.Floor(math.Log10(v)+1e-9)) }

func roundUp(v float64, steps ...float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	d := decade(v)
	for _, m := range steps {
		if v <= m*d*(1+1e-9) {
			return m * d
		}
	}
	return 10 * d
}

func roundDown(v float64, steps ...float64) float64 {
	d := decade(v)
	for _, m := range slices.Backward(steps) {
		if m*d <= v*(1+1e-9) {
			return m * d
		}
	}
	return d
}
