package cache

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Popularity is how a load spreads over keys: the probability of each, in sum 1.
type Popularity []float64

// Zipf is the popularity of n keys of which the k-th is asked in proportion to 1/kˢ.
func Zipf(n int, s float64) Popularity {
	p := make(Popularity, n)
	var sum float64
	for k := range p {
		p[k] = math.Pow(float64(k+1), -s)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// Aged is the hit ratio of a cache that keeps everything for ttl, when requests come as
// a Poisson process of so many a second and a load takes loading, during which others
// wait for it (they are no hits).
//
// The life of a key is a row of like cycles: a load, λ·loading that wait for it, λ·ttl
// hits, and then 1/λ until the request that loads anew. Of the 1 + λ·(loading+ttl)
// requests of a cycle λ·ttl are hits (renewal reward), λ the rate of the key. Only the
// mean of the ttl matters, so that spreading lifetimes changes nothing. A cache that
// began anew with each hit would have 1−exp(−λ·ttl) instead.
func (p Popularity) Aged(rate float64, ttl, loading time.Duration) (ratio float64) {
	for _, share := range p {
		λ := rate * share
		ratio += share * λ * ttl.Seconds() / (1 + λ*(ttl+loading).Seconds())
	}
	return ratio
}

// Best is the hit ratio of a cache of so many entries that always has the most popular:
// without ages, no other is better in the long run as long as popularity does not
// change. W-TinyLFU comes near to it.
func (p Popularity) Best(entries int) (ratio float64) {
	sorted := slices.Sorted(slices.Values(p))
	for _, share := range sorted[max(0, len(p)-entries):] {
		ratio += share
	}
	return ratio
}

// Recent is the hit ratio of a cache of so many entries that forgets the one used least
// recently, by Che's approximation (Che, Tung, Wang 2002): every entry stays for the
// same time t after its last use, and t is such that 1−exp(−λt) of all keys sum up to
// the entries. Time is counted in requests.
func (p Popularity) Recent(entries int) (ratio float64) {
	if entries >= len(p) {
		return 1
	}
	held := func(t float64) (sum float64) {
		for _, share := range p {
			sum += -math.Expm1(-share * t)
		}
		return sum
	}
	// Held grows with t: look for the first of many steps, each 0.1 % longer.
	step := sort.Search(1<<16, func(i int) bool { return held(math.Pow(1.001, float64(i))) >= float64(entries) })
	t := math.Pow(1.001, float64(step))
	for _, share := range p {
		ratio += share * -math.Expm1(-share*t)
	}
	return ratio
}

// Distinct is how many keys n requests ask in the mean: the misses of an empty cache
// that keeps everything for ever.
func (p Popularity) Distinct(n int) (keys float64) {
	for _, share := range p {
		keys += -math.Expm1(float64(n) * math.Log1p(-share))
	}
	return keys
}
