package scenarios

import (
	"math"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A zipf draws keys 1…n whose k-th most popular has probability ∝ 1/kˢ, in
// constant time for any s > 0, by rejection-inversion (Hörmann and Derflinger,
// 1996): with h(x) = x⁻ˢ, H its integral and u uniform on (H(1½) − 1, H(n+½)],
//
//	k = round(H⁻¹(u)),  taken if k − x ≤ shift or u ≥ H(k+½) − h(k)
//
// Ranks are then scrambled by a permutation of 1…n that depends on n alone, so
// that popular keys are not neighbours and every agent agrees which they are.
type zipf struct {
	n, s       float64
	low, high  float64 // bounds of u
	shift      float64
	permuted   uint64
	half, mask uint64 // Feistel: bits of one half
}

func newZipf(n uint64, s float64) *zipf {
	z := &zipf{n: float64(n), s: s, permuted: n, half: 1}
	for z.half < 31 && 1<<(2*z.half) < n {
		z.half++
	}
	z.mask = 1<<z.half - 1
	z.low = z.integral(1.5) - 1
	z.high = z.integral(z.n + 0.5)
	z.shift = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

// draw gives a key from 1 to n.
func (z *zipf) draw(r *arrival.Rand) uint64 { return z.scramble(z.rank(r)-1) + 1 }

// rank gives 1 for the most popular key.
func (z *zipf) rank(r *arrival.Rand) uint64 {
	for {
		u := z.high + r.Float64()*(z.low-z.high)
		x := z.inverse(u)
		k := min(max(math.Floor(x+0.5), 1), z.n)
		if k-x <= z.shift || u >= z.integral(k+0.5)-z.density(k) {
			return uint64(k)
		}
	}
}

// density is h(x) = x⁻ˢ.
func (z *zipf) density(x float64) float64 { return math.Exp(-z.s * math.Log(x)) }

// integral is H(x) = (x¹⁻ˢ − 1)/(1 − s), ln x for s = 1.
func (z *zipf) integral(x float64) float64 {
	l := math.Log(x)
	return expm1Over((1-z.s)*l) * l
}

// inverse is H⁻¹.
func (z *zipf) inverse(u float64) float64 {
	t := max(u*(1-z.s), -1)
	return math.Exp(log1pOver(t) * u)
}

// expm1Over is (eˣ − 1)/x, also near 0.
func expm1Over(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Expm1(x) / x
	}
	return 1 + x/2*(1+x/3*(1+x/4))
}

// log1pOver is ln(1 + x)/x, also near 0.
func log1pOver(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Log1p(x) / x
	}
	return 1 - x*(0.5-x*(1.0/3-x/4))
}

// scramble permutes 0…n−1: a Feistel network of four rounds over the next even
// number of bits, walked until it lands inside (at most four times on average).
func (z *zipf) scramble(k uint64) uint64 {
	for {
		left, right := k>>z.half, k&z.mask
		for round := range uint64(4) {
			left, right = right, left^(arrival.Mix(z.permuted, round, right)&z.mask)
		}
		if k = left<<z.half | right; k < z.permuted {
			return k
		}
	}
}
