package arrival

import "math"

// exponential turns 64 random bits into −ln U, U uniform on (0, 1].
func exponential(bits uint64) float64 {
	return -ln(float64(bits>>11+1) * 0x1p-53)
}

// ln is the natural logarithm of 0 < x <= 1, after FreeBSD's e_log.c: with
// x = 2ᵏ·(1+f), √2/2 < 1+f < √2 and s = f/(2+f),
//
//	ln(1+f) = f − s·(f − R(s²)),   |error of R| < 2⁻⁵⁸
//
// math.Log would do but for one thing: it is assembly on one architecture and may
// be fused on another, so the agents of a mixed fleet would disagree about the
// schedule in the last bit. Here each product is rounded before it is added.
func ln(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
	)
	// Split off the exponent by hand: x is normal, so this is Frexp without its cases.
	bits := math.Float64bits(x)
	k := int(bits>>52) - 1022
	f := math.Float64frombits(bits&^(0x7ff<<52) | 1022<<52)
	if f < math.Sqrt2/2 {
		f *= 2
		k--
	}
	f--
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	odd := s2 * (l1 + float64(s4*(l3+float64(s4*(l5+float64(s4*l7))))))
	even := s4 * (l2 + float64(s4*(l4+float64(s4*l6))))
	r := float64(odd) + float64(even)
	half := float64(0.5 * f * f)
	kf := float64(k)
	return float64(kf*ln2Hi) - ((half - (float64(s*(half+r)) + float64(kf*ln2Lo))) - f)
}
