package capacity

import "math"

// edge says whether a limit that is not counted comes before those that are.
func (s *Search) edge(e estimate) bool {
	return s.uncounted > 0 && (!e.known || math.Log(s.uncounted) < e.median)
}

// bisect closes in on a limit that trials only hold or break, with trials as long as
// those that count.
func (s *Search) bisect() {
	low := 0.0
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Held && s.load(t.Ask) < s.uncounted {
			low = max(low, s.load(t.Ask))
		}
	}
	s.low, s.high = low, s.uncounted
	switch {
	case low == 0:
		s.kind = ramp
		s.search()
	case !s.closed() && s.room():
		s.kind = refine
		s.try(s.between(low, s.high))
	case !s.brokeLong() && s.room():
		s.kind = refine
		s.try(s.uncounted)
	case s.verified < low && s.confirms < mostConfirms:
		s.kind = confirm
		s.try(low)
	default:
		s.conclude()
	}
}

// closed says whether the gap is as narrow as asked.
func (s *Search) closed() bool {
	return s.low > 0 && (s.high/s.low <= 1+s.c.Precision || s.c.Whole && s.high-s.low <= 1)
}
