package stats

import (
	"math"
	"slices"
)

// SignedRanks are what differences of pairs say of a change. The order of sides is random
// in each pair, so differences are symmetric about the change whatever the noise is, also where
// the machine drifts. Spikes of a few trials move ranks little, and means much. Everything follows from the
// Walsh averages (a_i + a_j)/2, i ≤ j: the number of them above the true change has
// the distribution of Wilcoxon's signed-rank statistic (Tukey 1949), which is counted exactly here.
type SignedRanks struct {
	averages []float64 // of Walsh, ascending
	tail     []float64 // P(W ≤ w), by w
}

// RankSigns takes differences, none of which may be NaN. It takes n²·log n steps and n² places.
func RankSigns(differences []float64) SignedRanks {
	return SignedRanks{walsh(differences), rankTail(len(differences))}
}

// rankTail gives P(W ≤ w) of the signed-rank statistic of n differences, for
// w from 0 to n(n+1)/2. W is a sum of those of 1…n whose coins fell on heads.
func rankTail(n int) []float64 {
	most := n * (n + 1) / 2
	p := make([]float64, most+1)
	p[0] = 1
	for rank := 1; rank <= n; rank++ {
		for w := most; w >= 0; w-- {
			p[w] /= 2
			if w >= rank {
				p[w] += p[w-rank] / 2
			}
		}
	}
	for w := 1; w <= most; w++ {
		p[w] += p[w-1]
	}
	return p
}

// walsh gives the Walsh averages in ascending order. Halves are added, lest sums be infinite.
func walsh(d []float64) []float64 {
	all := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for j := i; j < len(d); j++ {
			all = append(all, d[i]/2+d[j]/2)
		}
	}
	slices.Sort(all)
	return all
}

// Center is the estimate of Hodges and Lehmann (1963): the median of the Walsh averages, 0 of none.
func (r SignedRanks) Center() float64 {
	n := len(r.averages)
	if n == 0 {
		return 0
	}
	return (r.averages[(n-1)/2] + r.averages[n/2]) / 2
}

// Bounds are one-sided each: the true change lies below low with a probability of alpha at most, and
// so above high. Too few differences for that give infinite ones.
func (r SignedRanks) Bounds(alpha float64) (low, high float64) {
	if low, high, outside := r.Widest(alpha); outside <= alpha {
		return low, high
	}
	return math.Inf(-1), math.Inf(1)
}

// Widest is Bounds, but of too few differences the widest bounds there are; outside is the probability
// that is left outside of each, which then is more than alpha. Of no differences, nothing is left out.
func (r SignedRanks) Widest(alpha float64) (low, high, outside float64) {
	if len(r.averages) == 0 {
		return math.Inf(-1), math.Inf(1), 0
	}
	cut := 0
	for cut+1 < len(r.averages) && r.tail[cut+1] <= alpha {
		cut++
	}
	return r.averages[cut], r.averages[len(r.averages)-1-cut], r.tail[cut]
}

// Above is the probability to see so much evidence for a change above limit where it
// is not: averages that equal the limit speak against it.
func (r SignedRanks) Above(limit float64) float64 {
	over := 0
	for _, a := range r.averages {
		if a > limit {
			over++
		}
	}
	return r.tail[len(r.averages)-over]
}

// Below is the same for a change below limit.
func (r SignedRanks) Below(limit float64) float64 {
	under := 0
	for _, a := range r.averages {
		if a < limit {
			under++
		}
	}
	return r.tail[len(r.averages)-under]
}
