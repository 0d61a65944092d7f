package tune

import (
	"math"
	"slices"
)

// signedRank is the median of d's Walsh averages (Hodges and Lehmann) and bounds that the true centre of differences lies
// below, or above, with an exact probability of alpha at most each (Wilcoxon's signed ranks, inverted). Bounds
// are infinite where so few differences say nothing. One spike moves it little.
func signedRank(d []float64, alpha float64) (centre, low, high float64) {
	w := walsh(d)
	if len(w) == 0 {
		return 0, math.Inf(-1), math.Inf(1)
	}
	centre = (w[(len(w)-1)/2] + w[len(w)/2]) / 2
	k := critical(len(d), alpha)
	if k < 0 {
		return centre, math.Inf(-1), math.Inf(1)
	}
	return centre, w[k], w[len(w)-1-k]
}

// walsh is the averages of all pairs, each with itself too, in order.
func walsh(d []float64) (all []float64) {
	for i, a := range d {
		for _, b := range d[i:] {
			all = append(all, (a+b)/2)
		}
	}
	slices.Sort(all)
	return all
}

// critical is the largest k at which the sum of positive ranks of n is at most k with probability alpha at most;
// −1 = none.
func critical(n int, alpha float64) int {
	ways := make([]float64, n*(n+1)/2+1) // of sums: subsets of 1…n
	ways[0] = 1
	for rank := 1; rank <= n; rank++ {
		for sum := len(ways) - 1; sum >= rank; sum-- {
			ways[sum] += ways[sum-rank]
		}
	}
	total, k := 0.0, -1
	for sum, w := range ways {
		if total += w; total > alpha*math.Pow(2, float64(n)) {
			break
		}
		k = sum
	}
	return k
}

// expm1 is e^x − 1, finite for any x, as figures are written down as numbers.
func expm1(x float64) float64 { return math.Expm1(min(x, 700)) }

func mean(d []float64) (m float64) {
	for _, v := range d {
		m += v / float64(len(d))
	}
	return m
}

// studentT is the 97.5th percentile of Student's distribution with so many degrees of freedom, three at
// least, by the expansion of Cornish and Fisher: within 1 %.
func studentT(df int) float64 {
	const z = 1.959964
	v := float64(max(df, 3))
	z3, z5, z7 := z*z*z, math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v) + (3*z7+19*z5+17*z3-15*z)/(384*v*v*v)
}
