package gate

import "math"

// spread is the standard deviation of the differences.
func spread(d []float64) float64 {
	if len(d) < 2 {
		return 0
	}
	mean, squares := mean(d), 0.0
	for _, v := range d {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(d)-1))
}

func mean(d []float64) (m float64) {
	for _, v := range d {
		m += v / float64(len(d))
	}
	return m
}
