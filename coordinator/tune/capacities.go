package tune

import (
	"math"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// capacities searches the capacity of the incumbent and of each finalist, in random order. Each search is long, so that they
// are not in blocks: the interval of each is what they are compared by.
func (s *Search) capacities() stage {
	who := s.left(s.finalists)
	from := len(s.queue)
	s.plan(who, job{kind: kindFinal})
	for i := range s.queue[from:] {
		j := &s.queue[from+i]
		j.inner = s.cfg.Capacity(s.points[j.who].setting, s.throughput(j.who))
		s.capacity[j.who] = j.inner
	}
	return func(s *Search) stage {
		if !known(s.capacity[inForce].Result()) {
			s.end(Broken, "the capacity of the setting in force is not known: "+s.capacity[inForce].Result().Why)
			return nil
		}
		if s.capacity[inForce].Result().Outcome == capacity.AtLeast {
			s.flag("the capacity of the setting in force is known from below alone, as the generator was at its limit: no gain can be seen beyond")
		}
		for _, w := range s.left(who) {
			if r := s.capacity[w].Result(); !known(r) {
				s.refuse(w, "its capacity is not known: "+r.Why)
			}
		}
		return s.decide(s.left(who))
	}
}

// known says that a capacity has a figure to compare with.
func known(r capacity.Result) bool { return r.Capacity > 0 && r.Low > 0 }

// ratio is the logarithm of a finalist's capacity over the incumbent's, and its interval.
func (s *Search) ratio(who int) (m, low, high float64) {
	return logRatio(s.capacity[who].Result(), s.capacity[inForce].Result())
}

// logRatio of two capacities that were measured apart: the half widths add as squares. A capacity that is only known from
// below makes a bound that is as far from the figure as the figure allows.
func logRatio(a, b capacity.Result) (m, low, high float64) {
	m = math.Log(a.Capacity / b.Capacity)
	down := math.Hypot(math.Log(a.Capacity/a.Low), upper(b))
	up := math.Hypot(upper(a), math.Log(b.Capacity/b.Low))
	return m, m - down, m + up
}

func upper(r capacity.Result) float64 {
	if r.High <= r.Capacity {
		return 0
	}
	return math.Log(r.High / r.Capacity)
}

// throughput is the geometric mean of what closed users got from a setting.
func (s *Search) throughput(who int) float64 {
	var y []float64
	for _, v := range s.of[who] {
		y = append(y, v.y)
	}
	if len(y) == 0 {
		return 0
	}
	return math.Exp(min(mean(y), 700)) // finite, as it is written down
}
