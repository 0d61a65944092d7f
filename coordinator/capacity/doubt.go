package capacity

import "fmt"

// doubt says whether a trial is made again before it is believed: one that broke nothing but what
// cannot be counted, such as connections that were dropped once for a reason of their own. The
// search would never come back to its load. What broke twice in a row is believed.
func (s *Search) doubt(t *Tried) bool {
	first := s.doubted
	s.doubted = 0
	if first > 0 {
		if one := &s.tried[first-1]; !s.brokeAlone(t) && s.load(one.Ask) == s.load(t.Ask) {
			one.Used, one.Note = false, "did not break again: left out"
		}
		return false
	}
	if !s.brokeUncounted(&t.Told) || !s.brokeAlone(t) {
		return false
	}
	s.doubted = len(s.tried)
	s.again(t, "what broke is not counted in requests: repeated")
	if s.over { // there is no time to doubt it
		s.bound(t)
	}
	return true
}

// brokeAlone says whether a trial broke, though not in any share of requests that is counted.
func (s *Search) brokeAlone(t *Tried) bool {
	if t.Held {
		return false
	}
	for j, c := range s.c.Clauses {
		if p := pointOf(&t.Told, j, 0); c.Allowed > 0 && p.k > c.Allowed*p.n {
			return false
		}
	}
	return true
}

// brokeLong says whether the load that broke what is not counted did so for as long as a trial
// near the limit is.
func (s *Search) brokeLong() bool {
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Used && !t.Held && isLong(t.Kind) && s.load(t.Ask) == s.uncounted {
			return true
		}
	}
	return false
}

func isLong(kind string) bool { return kind != ramp && kind != bracket }

// disproved says whether a load that broke what is not counted holds for longer.
func (s *Search) disproved(t *Tried) bool {
	return s.uncounted > 0 && t.Held && isLong(t.Kind) && s.load(t.Ask) >= s.uncounted
}

// forget leaves out what broke at loads that a longer trial held, and goes on upwards from there.
func (s *Search) forget(long *Tried) {
	load := s.load(long.Ask)
	s.uncounted, s.low, s.high = 0, load, 0
	for i := s.since; i < len(s.tried); i++ {
		t := &s.tried[i]
		switch at := s.load(t.Ask); {
		case !t.Used || t.Held:
		case at <= load && s.brokeAlone(t):
			t.Used, t.Note = false, fmt.Sprintf("trial %d held this load for longer: left out", long.Number)
		case at > load:
			s.high = least(s.high, at)
			if s.brokeUncounted(&t.Told) {
				s.uncounted = least(s.uncounted, at)
			}
		}
	}
	s.atTop, s.confirms = false, 0
	s.stepFrom(Guess{})
	s.search()
}
