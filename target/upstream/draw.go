package upstream

// mix is the finaliser of splitmix64: every bit of x reaches every bit of the
// result, so that neighbouring numbers give unrelated draws.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const golden = 0x9e3779b97f4a7c15

// uniform is number n of the seed's sequence, in [0, 1), with 53 random bits.
func uniform(seed, n uint64) float64 {
	return float64(mix(mix(seed+golden)+(n+1)*golden)>>11) / (1 << 53)
}

// failing says whether request n of the seed fails at the given rate (0..1). Its
// sequence is unrelated to that of the delays.
func failing(seed, n uint64, rate float64) bool {
	return rate > 0 && uniform(^seed, n) < rate
}
