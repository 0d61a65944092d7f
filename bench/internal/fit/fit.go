// Package fit says how figures fit what they are to follow: arrivals a Poisson process,
// errors no trend, percentiles a rank. It is arithmetic on values.
package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Percentile is the value at rank ⌈p·n⌉ of sorted values, p in percent. Of none it is no
// number.
func Percentile(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	rank := int(math.Ceil(p / 100 * float64(n) * (1 - 1e-12))) // 99 % of 100 is 99, not a hair more
	return sorted[min(max(rank, 1), n)-1]
}

// Sorted is a sorted copy.
func Sorted(values []float64) []float64 { return slices.Sorted(slices.Values(values)) }

// Uniform is the probability that n values drawn evenly from [0, 1) are as far from even
// as these, which are sorted: Kolmogorov's of one sample, with Stephens' correction for
// a finite n (J. R. Stat. Soc. B 32, 1970), good to a part in a hundred from n = 5 on.
// Arrivals of a Poisson process in a window, given how many they are, are such values.
// Of none nothing can be said: it is 1.
func Uniform(sorted []float64) float64 {
	n := float64(len(sorted))
	if n == 0 {
		return 1
	}
	root := math.Sqrt(n)
	return kolmogorov((root + 0.12 + 0.11/root) * distance(sorted))
}

// distance is the largest between the values' own distribution and the even one.
func distance(sorted []float64) (d float64) {
	n := float64(len(sorted))
	for i, x := range sorted {
		d = max(d, x-float64(i)/n, float64(i+1)/n-x)
	}
	return d
}

// kolmogorov is P(K > x) of Kolmogorov's distribution: 2 Σ (−1)^(k−1)·e^(−2k²x²), k ≥ 1.
// Below x = 0.2 the sum converges slowly, and to 1.
func kolmogorov(x float64) float64 {
	if x < 0.2 {
		return 1
	}
	sum, sign := 0.0, 1.0
	for k := 1.0; k <= 100; k++ {
		term := math.Exp(-2 * k * k * x * x)
		sum += sign * term
		if sign = -sign; term < 1e-16 {
			break
		}
	}
	return min(max(2*sum, 0), 1)
}

// Dispersion is the variance of counts over their mean: 1 of a Poisson process, with a
// standard deviation of √(2/(n−1)) for n counts.
func Dispersion(counts []float64) float64 {
	mean, variance := stat.MeanVariance(counts, nil)
	return variance / mean
}

// Slope is that of the straight line through points, by least squares, and its standard
// error. Fewer than three points, or all at one x, have none.
func Slope(x, y []float64) (slope, deviation float64) {
	n := float64(len(x))
	variance := stat.Variance(x, nil)
	if n < 3 || variance == 0 {
		return math.NaN(), math.NaN()
	}
	at, slope := stat.LinearRegression(x, y, nil, false)
	squares := 0.0
	for i := range x {
		off := y[i] - at - slope*x[i]
		squares += off * off
	}
	return slope, math.Sqrt(squares / (n - 2) / (variance * (n - 1)))
}

// Counts are how many of the moments, in seconds from 0, fall into each of n windows of a
// width. Those outside are in none.
func Counts(moments []float64, width float64, n int) []float64 {
	counts := make([]float64, n)
	for _, at := range moments {
		if i := math.Floor(at / width); i >= 0 && i < float64(n) {
			counts[int(i)]++
		}
	}
	return counts
}

// Windows are for each of n windows of a width the places of its moments, sorted, each as
// a share of the window.
func Windows(moments []float64, width float64, n int) [][]float64 {
	windows := make([][]float64, n)
	for _, at := range moments {
		if i := math.Floor(at / width); i >= 0 && i < float64(n) {
			windows[int(i)] = append(windows[int(i)], at/width-i)
		}
	}
	for _, w := range windows {
		slices.Sort(w)
	}
	return windows
}
