package capacity

import "math"

const (
	leastRefines = 6    // trials near the limit, before an interval is believed
	mostConfirms = 3    // trials of the lower end, those of degraded validity among them
	farthest     = 0.85 // of the loads tried, to go in one step
)

// refineOn says what is next near the limit: another trial, the confirming one, the
// anchor, or nothing.
func (s *Search) refineOn() {
	s.refit()
	e := s.estimate()
	switch {
	case e.known && e.median < math.Log(s.c.Least) && s.brokeLeast():
		s.nothing()
	case !e.known: // growth alone, say, of which nothing is late yet
		s.uncounted = least(s.uncounted, s.lowestBroke())
		s.bisect()
	case s.edge(e):
		s.bisect()
	case s.wide(e) && s.room():
		s.kind = refine
		s.try(s.beside(e))
	case s.verified == 0 && s.confirms < mostConfirms:
		s.kind = confirm
		s.try(s.lower(e))
	case !s.anchored && s.early(e) > 0:
		s.kind = anchor
		s.try(s.early(e))
	default:
		s.conclude()
	}
}

// brokeLeast says whether even the smallest load broke for as long as a trial near the limit is.
func (s *Search) brokeLeast() bool {
	t := &s.tried[len(s.tried)-1]
	return !t.Held && t.Kind != ramp && t.Kind != bracket && s.load(t.Ask) <= s.c.Least
}

// wide says whether more trials are wanted.
func (s *Search) wide(e estimate) bool {
	return s.count(refine) < leastRefines || e.half() > s.c.Precision
}

// room says whether another trial leaves time to confirm and to come back to an early load.
func (s *Search) room() bool {
	need := s.cost(s.c.Refine)
	if s.verified == 0 && s.confirms < mostConfirms {
		need += s.cost(s.c.Confirm)
	}
	if !s.anchored {
		need += s.cost(s.c.Refine)
	}
	return s.took+need <= s.c.Budget
}

// beside is a load by turns a little above and below the likeliest capacity: at one load
// alone nothing would be learned of how steep it is.
func (s *Search) beside(e estimate) float64 {
	if load := s.surprised(); load > 0 {
		return s.within(load)
	}
	delta := min(0.06, max(s.c.Precision/2, 0.8/e.b))
	if s.count(refine)%2 == 1 {
		delta = -delta
	}
	low, high := s.reached()
	return s.within(min(max(math.Exp(e.median+delta), low*farthest), high/farthest))
}

// reached is the range of loads that the refining has to do with so far.
func (s *Search) reached() (low, high float64) {
	low, high = s.low, s.high
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Used && t.Kind == refine {
			low, high = min(low, s.load(t.Ask)), max(high, s.load(t.Ask))
		}
	}
	return low, high
}

// lower is the load to confirm: the lower end, and less each time that it broke. One that held and confirmed nothing, as
// its validity was degraded, is asked for again.
func (s *Search) lower(e estimate) float64 {
	load := math.Exp(e.low)
	switch last := s.last(confirm); {
	case last == nil:
	case last.Held:
		load = min(load, s.load(last.Ask))
	default:
		load = min(load, s.load(last.Ask)*(1-s.c.Precision))
	}
	if s.c.Whole {
		load = math.Floor(load)
	}
	return s.within(load)
}

// within keeps a load to what may be asked.
func (s *Search) within(load float64) float64 {
	load = min(load, s.top())
	if s.ceiling > 0 {
		load = min(load, s.ceiling)
	}
	return max(load, s.c.Least)
}
