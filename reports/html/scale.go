package html

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/reports/view"
)

// A scale maps values in [lo, hi] to pixels from … to.
type scale struct {
	lo, hi, from, to float64
	log              bool
}

// at is where a value lies; values outside are put on the edge.
func (s scale) at(v float64) float64 {
	lo, hi := s.lo, s.hi
	if s.log {
		v, lo, hi = math.Log10(max(v, s.lo)), math.Log10(lo), math.Log10(hi)
	}
	if hi <= lo || math.IsNaN(v) {
		return s.from
	}
	return s.from + (min(max(v, lo), hi)-lo)/(hi-lo)*(s.to-s.from)
}

// A tick is a value with its label.
type tick struct {
	v     float64
	label string
}

// step is the smallest of 1, 2, 5 times a power of ten that cuts width into at
// most n parts.
func step(width float64, n int) float64 {
	if !(width > 0) || math.IsInf(width, 0) {
		return 1
	}
	raw := width / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// fromZero is a linear scale for values up to top, with round ticks.
func fromZero(top float64, from, to float64, label func(float64) string) (scale, []tick) {
	if !(top > 0) || math.IsInf(top, 0) {
		top = 1
	}
	by := step(top*1.04, 4)
	hi := math.Ceil(top*1.04/by) * by
	var ticks []tick
	for i := 0; float64(i)*by <= hi*(1+1e-9) && i < 12; i++ {
		v := float64(i) * by
		ticks = append(ticks, tick{v, label(v)})
	}
	return scale{lo: 0, hi: hi, from: from, to: to}, ticks
}

// decades is a logarithmic scale over [low, high] seconds, with ticks at 1, 2 and
// 5 where there is room.
func decades(low, high, from, to float64) (scale, []tick) {
	if !(low > 0) || !(high >= low) || math.IsInf(high, 0) {
		low, high = 0.001, 1
	}
	low, high = roundDown(min(max(low, 1e-9), 1e8)), roundUp(min(max(high, 1e-9), 1e9))
	s := scale{lo: low, hi: high, from: from, to: to, log: true}
	multiples := []float64{1, 2, 5}
	if math.Log10(high/low) > 3 {
		multiples = []float64{1}
	}
	var ticks []tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)) && len(ticks) < 16; e++ {
		for _, m := range multiples {
			if v := m * math.Pow(10, e); v >= low*(1-1e-9) && v <= high*(1+1e-9) {
				ticks = append(ticks, tick{v, spanLabel(v)})
			}
		}
	}
	return s, ticks
}

// roundDown and roundUp move to the nearest 1, 2 or 5 times a power of ten.
func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2, 1} {
		if m*power <= v*(1+1e-9) {
			return m * power
		}
	}
	return power
}

func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func spanLabel(seconds float64) string {
	seconds = min(seconds, 1e9)
	return view.Span(time.Duration(math.Round(seconds * 1e9)))
}

// timeSteps are the seconds between two labels of a time axis.
var timeSteps = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800}

// timeTicks are at most n labels between two moments.
func timeTicks(lo, hi float64, n int) (ticks []tick) {
	by := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if (hi-lo)/s <= float64(n) {
			by = s
			break
		}
	}
	for v := math.Ceil(lo/by) * by; v <= hi+1e-9 && len(ticks) <= n+1; v += by {
		ticks = append(ticks, tick{v, view.Clock(time.Duration(v * 1e9))})
	}
	return ticks
}
