package brief

import "math"

// An Axis is a range with the values that are written beside it.
type Axis struct {
	Name      string
	Log       bool
	Low, High float64
	Ticks     []Tick
}

// A Tick is a value of an axis with its word.
type Tick struct {
	At   float64
	Text string
}

// maxTicks bounds the words beside an axis.
const maxTicks = 16

// Linear is an axis with round ticks, about n of them, from low to high, or a little beyond.
func Linear(name string, low, high float64, n int, word func(float64) string) Axis {
	if !finite(low) || !finite(high) {
		low, high = 0, 1
	}
	if least := max(math.Abs(low), math.Abs(high)) * 1e-6; !(high-low > least) {
		high = low + max(least, 1e-12)
	}
	by := round(high-low, n)
	a := Axis{Name: name, Low: math.Floor(low/by+1e-9) * by, High: math.Ceil(high/by-1e-9) * by}
	for i := range maxTicks {
		at := a.Low + float64(i)*by
		if at > a.High+by/1e3 {
			break
		}
		if math.Abs(at) < by/1e3 {
			at = 0
		}
		if n := len(a.Ticks); n == 0 || a.Ticks[n-1].Text != word(at) {
			a.Ticks = append(a.Ticks, Tick{at, word(at)})
		}
	}
	return a
}

// round is the smallest of 1, 2, 2.5, 5 times a power of ten that cuts width into at most n parts.
func round(width float64, n int) float64 {
	raw := width / float64(max(n, 1))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// Logarithmic is an axis from low to high, both above 0, with ticks at powers of ten, and
// at 2 and 5 of them where there is room.
func Logarithmic(name string, low, high float64, word func(float64) string) Axis {
	if !(low > 0) || !finite(high) || high <= low {
		low, high = 0.001, 1
	}
	low, high = max(low, 1e-12), min(high, 1e12)
	a := Axis{Name: name, Log: true, Low: low, High: max(high, low*1.01)}
	multiples := []float64{1, 2, 5}
	if math.Log10(high/low) > 2.5 {
		multiples = []float64{1}
	}
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range multiples {
			at := m * math.Pow(10, e)
			if at >= low*(1-1e-9) && at <= high*(1+1e-9) && len(a.Ticks) < maxTicks {
				a.Ticks = append(a.Ticks, Tick{at, word(at)})
			}
		}
	}
	if len(a.Ticks) < 2 {
		a.Ticks = []Tick{{a.Low, word(a.Low)}, {a.High, word(a.High)}}
	}
	return a
}

// Part is how far along the axis a value lies, 0 to 1; what is outside lies on the edge.
func (a Axis) Part(v float64) float64 {
	low, high := a.Low, a.High
	if a.Log {
		v, low, high = math.Log(max(v, a.Low)), math.Log(a.Low), math.Log(a.High)
	}
	if math.IsNaN(v) || high <= low {
		return 0
	}
	return (min(max(v, low), high) - low) / (high - low)
}

// finite is also false of what is too large to be drawn.
func finite(f float64) bool { return math.Abs(f) < 1e15 }
