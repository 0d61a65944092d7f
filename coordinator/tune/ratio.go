package tune

import "math"

// expm1 is e^x − 1, finite for any x, as figures are written down as numbers.
func expm1(x float64) float64 { return math.Expm1(min(x, 700)) }

func mean(d []float64) (m float64) {
	for _, v := range d {
		m += v / float64(len(d))
	}
	return m
}
