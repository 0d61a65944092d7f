package stats

import "math"

// Wilson is the interval, 95 % sure, of a share of which k of n were seen (Wilson 1927): of none
// among sixty, 0 to 6 %. Neither need be whole: where the k come in clusters, both are divided by their size.
// Of nothing seen it is 0 to 1.
func Wilson(k, n float64) (low, high float64) {
	if !(n > 0) {
		return 0, 1
	}
	const z = 1.959964
	p := k / n
	center, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (center-half)/(1+z*z/n)), min(1, (center+half)/(1+z*z/n))
}
