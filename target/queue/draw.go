package queue

// Streams of one seed, unrelated to each other.
const (
	services uint64 = iota + 1
	luck
)

// golden is the step of splitmix64's counter.
const golden = 0x9e3779b97f4a7c15

// mix is the finaliser of splitmix64: every bit of x reaches every bit of the result.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uniform is number n of a stream of the seed, in [0, 1), with 53 random bits. It
// depends on nothing else: request n draws the same whatever came before it.
func Uniform(seed, stream, n uint64) float64 {
	return float64(mix(mix(mix(seed+golden)+stream*golden)+(n+1)*golden)>>11) / (1 << 53)
}
