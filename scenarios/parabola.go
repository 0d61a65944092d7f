package scenarios

import "math"

// A parabola is a + b·x + c·x² for x from 0 to 1.
type parabola struct{ a, b, c float64 }

// parabolaOf goes through f at both ends of a stretch and in its middle.
func parabolaOf(f func(float64) float64, from, to float64) parabola {
	first, middle, last := f(from), f((from+to)/2), f(to)
	c := 2 * (first - 2*middle + last)
	return parabola{first, last - first - c, c}
}

// top is where it is highest; an end is given as 0, of either.
func (p parabola) top() float64 {
	if x := -p.b / (2 * p.c); p.c < 0 && x > 0 && x < 1 {
		return x
	}
	return 0
}

// roots are where it is 0, without the ends.
func (p parabola) roots() (found []float64) {
	all := []float64{-p.a / p.b}
	if square := p.b*p.b - 4*p.a*p.c; p.c != 0 {
		// The sum that does not cancel, and Vieta's rule for the other root.
		q := -(p.b + math.Copysign(math.Sqrt(square), p.b)) / 2
		all = []float64{q / p.c, p.a / q}
	}
	for _, x := range all {
		if x > 0 && x < 1 { // neither infinite nor not a number
			found = append(found, x)
		}
	}
	return found
}
