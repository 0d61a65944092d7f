package gate

import (
	"math"
	"slices"
)

// Pairs of trials are compared by signed ranks: the order of sides is random in each
// pair, so differences are symmetric about the change whatever the noise is, also where
// the machine drifts. Spikes of a few trials move ranks little, and means much. Bounds
// are those of the Walsh averages (a_i + a_j)/2, i ≤ j: the number of them above the true change has
// the distribution of the signed-rank statistic.

// rankTail gives P(W ≤ w) of the signed-rank statistic of n differences, exactly, for
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

// walsh gives the Walsh averages in ascending order.
func walsh(d []float64) []float64 {
	all := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for j := i; j < len(d); j++ {
			all = append(all, (d[i]+d[j])/2)
		}
	}
	slices.Sort(all)
	return all
}

// A ranked is what pairs say of a change.
type ranked struct {
	averages []float64 // of Walsh, ascending
	tail     []float64
}

func rank(d []float64) ranked { return ranked{walsh(d), rankTail(len(d))} }

// center is the estimate of Hodges and Lehmann: the median of the Walsh averages.
func (r ranked) center() float64 {
	n := len(r.averages)
	return (r.averages[(n-1)/2] + r.averages[n/2]) / 2
}

// bounds are one-sided each, by at most alpha. Too few pairs for that have the widest
// there are; outside is the probability that is really left outside of each.
func (r ranked) bounds(alpha float64) (low, high, outside float64) {
	cut, _ := slices.BinarySearchFunc(r.tail, alpha, func(p, alpha float64) int {
		if p <= alpha {
			return -1
		}
		return 1
	})
	cut = max(cut-1, 0)
	return r.averages[cut], r.averages[len(r.averages)-1-cut], r.tail[cut]
}

// above is the probability to see so much evidence for a change above limit where it
// is not: averages that equal the limit speak against it.
func (r ranked) above(limit float64) float64 {
	over := 0
	for _, a := range r.averages {
		if a > limit {
			over++
		}
	}
	return r.tail[len(r.averages)-over]
}

// below is the same for a change below limit.
func (r ranked) below(limit float64) float64 {
	under := 0
	for _, a := range r.averages {
		if a < limit {
			under++
		}
	}
	return r.tail[len(r.averages)-under]
}

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
