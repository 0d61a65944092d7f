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
	return func(s *Search) stage { return s.afterCapacities(who) }
}

// afterCapacities leaves out whose capacity is not known, and decides. A setting in force that holds no load is no figure
// to compare with either, but whatever holds some is better.
func (s *Search) afterCapacities(who []int) stage {
	now := s.capacity[inForce].Result()
	if !known(now) && now.Outcome != capacity.Nothing {
		s.end(Broken, "the capacity of the setting in force is not known: "+now.Why)
		return nil
	}
	for _, w := range s.left(who) {
		switch r := s.capacity[w].Result(); {
		case known(r):
		case r.Outcome == capacity.Nothing:
			s.refuse(w, "it holds no load within the limits: "+r.Why)
		default:
			s.refuse(w, "its capacity is not known: "+r.Why)
		}
	}
	if who = s.left(who); len(who) == 0 && now.Outcome == capacity.Nothing {
		s.end(Nothing, "no setting is known to hold any load within the limits, the one in force neither: "+now.Why)
		return nil
	}
	return s.decide(who)
}

// known says that a capacity has a figure to compare with.
func known(r capacity.Result) bool { return r.Capacity > 0 && r.Low > 0 }

// compared says that a setting's gain is one of capacity: its own is known, and that of the setting in force.
func (s *Search) compared(who int) bool {
	mine, now := s.capacity[who], s.capacity[inForce]
	return mine != nil && now != nil && known(mine.Result()) && known(now.Result())
}

// ratio is the logarithm of a finalist's capacity over the incumbent's, and its interval.
func (s *Search) ratio(who int) (m, low, high float64) {
	return logRatio(s.capacity[who].Result(), s.capacity[inForce].Result())
}

// logRatio of two capacities that were measured apart: the half widths add as squares. A capacity that is only known from
// below leaves the ratio open on its side: "≥ 700" may be anything beyond.
func logRatio(a, b capacity.Result) (m, low, high float64) {
	m = math.Log(a.Capacity / b.Capacity)
	down := math.Hypot(math.Log(a.Capacity/a.Low), upper(b))
	up := math.Hypot(upper(a), math.Log(b.Capacity/b.Low))
	return m, m - down, m + up
}

// upper is how far a capacity may lie above its figure, as a logarithm.
func upper(r capacity.Result) float64 {
	switch {
	case r.Outcome == capacity.AtLeast || r.High <= 0:
		return math.Inf(1)
	case r.High <= r.Capacity:
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
