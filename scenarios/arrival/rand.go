package arrival

import "math/bits"

// golden is 2⁶⁴/φ, splitmix64's step.
const golden = 0x9E3779B97F4A7C15

// Mix hashes its arguments to 64 random bits (splitmix64 at each of them). It is
// a counter-based random number: Mix(seed, stream, index) is the same for
// everyone who asks, in whatever order.
func Mix(a ...uint64) uint64 {
	h := uint64(0)
	for _, x := range a {
		h = stir(h, x)
	}
	return h
}

func stir(h, x uint64) uint64 { return finish((h ^ x) + golden) }

func finish(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// A Rand is a stream of random numbers in 8 bytes (splitmix64), so that each of
// 50,000 virtual users can have its own. It is not for secrets.
type Rand struct{ state uint64 }

// NewRand gives the stream of a seed, such as Mix(seed, phase, index).
func NewRand(seed uint64) Rand { return Rand{state: seed} }

// Uint64 is 64 random bits.
func (r *Rand) Uint64() uint64 {
	r.state += golden
	return finish(r.state)
}

// Float64 is uniform in [0, 1).
func (r *Rand) Float64() float64 { return float64(r.Uint64()>>11) * 0x1p-53 }

// IntN is uniform in [0, n); 0 for n <= 0.
func (r *Rand) IntN(n int) int { return int(r.Uint64N(uint64(max(n, 0)))) }

// Uint64N is uniform in [0, n), without bias (Lemire's multiplication); 0 for n = 0.
func (r *Rand) Uint64N(n uint64) uint64 {
	high, low := bits.Mul64(r.Uint64(), n)
	if low < n {
		for least := -n % max(n, 1); low < least; {
			high, low = bits.Mul64(r.Uint64(), n)
		}
	}
	return high
}

// Exp is exponential with mean 1.
func (r *Rand) Exp() float64 { return exponential(r.Uint64()) }
