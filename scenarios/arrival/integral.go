package arrival

import (
	"math"
	"sort"
	"time"
)

// A ramp is one stage ready to be asked: x seconds into it,
//
//	rate(x) = from + slope·x
//	Λ(x)    = base + from·x + slope·x²/2
//
// and its inverse, from the form of the quadratic that does not cancel and also
// holds for slope = 0 and from = 0:
//
//	x(n) = 2a / (from + √(from² + 2·slope·a)),  a = n − base
type ramp struct {
	from, slope float64
	square      float64 // from²
	slope2      float64 // 2·slope
	base, upto  float64 // Λ at its begin and its end
	begin, end  time.Duration
}

// An integral is a profile compiled for asking.
type integral []ramp

func compile(p Profile) integral {
	ramps := make(integral, 0, len(p))
	var begin time.Duration
	base := 0.0
	for _, s := range p {
		slope := (s.To - s.From) / s.Duration.Seconds()
		r := ramp{
			from: s.From, slope: slope, square: s.From * s.From, slope2: 2 * slope,
			base: base, upto: base + s.area(), begin: begin, end: begin + s.Duration,
		}
		begin, base = r.end, r.upto
		ramps = append(ramps, r)
	}
	return ramps
}

func (c integral) total() float64 {
	if len(c) == 0 {
		return 0
	}
	return c[len(c)-1].upto
}

func (c integral) integral(at time.Duration) float64 {
	if i := sort.Search(len(c), func(i int) bool { return at < c[i].end }); i < len(c) {
		return c[i].integral(at)
	}
	return c.total()
}

func (c integral) inverse(n float64) (time.Duration, bool) {
	for i := range c {
		if n < c[i].upto {
			return c[i].inverse(n), true
		}
	}
	return 0, false
}

func (r *ramp) integral(at time.Duration) float64 {
	x := max(at-r.begin, 0).Seconds()
	area := float64(r.from*x) + float64(r.slope*x*x)/2
	return min(max(r.base+area, r.base), r.upto)
}

// inverse is for base <= n < upto; smaller n give begin. Products are rounded
// before they are added (the float64 conversions), because a machine with a fused
// multiply-add would otherwise come to another last bit than its peers.
func (r *ramp) inverse(n float64) time.Duration {
	a := n - r.base
	if r.slope == 0 && r.from > 0 {
		return r.moment(a / r.from)
	}
	root := math.Sqrt(max(r.square+float64(r.slope2*a), 0))
	if a <= 0 {
		return r.begin
	}
	return r.moment(2 * a / (r.from + root))
}

// moment is x seconds into the stage, to the nearest nanosecond.
func (r *ramp) moment(x float64) time.Duration {
	return min(max(r.begin+time.Duration(float64(x*1e9)+0.5), r.begin), r.end)
}
