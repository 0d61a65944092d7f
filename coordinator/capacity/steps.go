package capacity

import "math"

// double is the step of a ramp that knows nothing.
const double = 2.0

// stepFrom begins a ramp: by the width of a guess, or by doubling.
func (s *Search) stepFrom(g Guess) {
	s.kind, s.step = ramp, double
	if g.some() {
		s.step = min(max(g.High/g.Low, 1+s.c.Precision), double)
	}
	if s.step < double { // so near to each other, loads are told apart by longer trials alone
		s.kind = bracket
	}
}

// up is the next load above all that held, down the next below all that broke.
func (s *Search) up() float64 {
	load := s.low * s.wider()
	if s.c.Whole {
		load = max(math.Round(load), s.low+1)
	}
	return min(load, s.top())
}

func (s *Search) down(from float64) float64 {
	load := from / s.wider()
	if s.c.Whole {
		load = min(math.Round(load), from-1)
	}
	return max(load, s.c.Least)
}

// wider is the step to take; the one after it is its square, as the guess was wrong by then.
func (s *Search) wider() float64 {
	step := s.step
	s.kind = ramp
	if step < double {
		s.kind = bracket
	}
	s.step = min(step*step, double)
	return step
}
