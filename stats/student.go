package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// StudentT is the quantile of Student's distribution (Student 1908): with probability p, from 0 to 1, a value lies
// below it. By the incomplete beta function, P(|t| > x) = I(ν/(ν+x²); ν/2, 1/2), Abramowitz and Stegun 26.7.1.
// freedom, which need not be whole, is > 0.
func StudentT(p, freedom float64) float64 {
	if p < 0.5 {
		return -StudentT(1-p, freedom)
	}
	b := mathext.InvRegIncBeta(freedom/2, 0.5, 2*(1-p))
	return math.Sqrt(freedom * (1 - b) / b)
}

// StudentTail is the probability that a value of Student's distribution lies above t.
func StudentTail(t, freedom float64) float64 {
	if t < 0 {
		return 1 - StudentTail(-t, freedom)
	}
	return mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t)) / 2
}
