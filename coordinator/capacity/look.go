package capacity

import (
	"math"
	"time"
)

func (s *Search) lowestBroke() (load float64) {
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Used && !t.Held {
			load = least(load, s.load(t.Ask))
		}
	}
	return load
}

// early is the load of one of the first refining trials, the one that says most.
func (s *Search) early(e estimate) (load float64) {
	least, half := math.Inf(1), (s.count(refine)+1)/2
	for i := s.since; i < len(s.tried) && half > 0; i++ {
		t := &s.tried[i]
		if t.Kind != refine || !t.Used {
			continue
		}
		half--
		if off := math.Abs(math.Log(s.load(t.Ask)) - e.median); off < least {
			least, load = off, s.load(t.Ask)
		}
	}
	return load
}

func (s *Search) last(kind string) *Tried {
	for i := len(s.tried) - 1; i >= s.since; i-- {
		if t := &s.tried[i]; t.Kind == kind && t.Used {
			return t
		}
	}
	return nil
}

func (s *Search) count(kind string) (n int) {
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Kind == kind && t.Used {
			n++
		}
	}
	return n
}

// spent is what trials of a kind have taken.
func (s *Search) spent(kind string) (sum time.Duration) {
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Kind == kind && t.Used {
			sum += t.Took
		}
	}
	return sum
}
