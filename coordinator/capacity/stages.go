package capacity

import (
	"fmt"
	"math"

	"github.com/loadctl/loadctl/coordinator/trial"
)

const (
	narrow   = 1.12 // gap between what held and what broke from which to refine
	muchMore = 1.25 // a load that holds by so much above one that broke says that the target changed,
	more     = 1.05 // and so do the last few trials by so much
	lately   = 3    // how many those are
)

// learn takes a valid trial and says what is next.
func (s *Search) learn(t *Tried) {
	t.Held, t.Used = s.held(&t.Told), true
	if len(s.tried) == 1 && !t.Held {
		t.Used = false
		s.again(t, "the first trial of a target may be cold: repeated")
		return
	}
	if s.doubt(t) {
		return
	}
	if s.warmedUp(t) {
		s.rampAgain(t)
		return
	}
	s.bound(t)
	if s.disproved(t) {
		s.forget(t)
		return
	}
	switch s.kind {
	case ramp, bracket:
		s.search()
	case refine:
		s.refineOn()
	case confirm:
		s.confirmed(t)
	case anchor:
		s.anchored = true
		s.refineOn()
	}
}

// bound moves the ends between which the capacity lies, as far as single trials tell.
func (s *Search) bound(t *Tried) {
	load := s.load(t.Ask)
	if s.brokeUncounted(&t.Told) {
		s.uncounted = least(s.uncounted, load)
	}
	if s.kind != ramp && s.kind != bracket {
		return
	}
	if t.Held {
		s.low = max(s.low, load)
	} else if s.high == 0 || load < s.high {
		s.high = load
	}
}

// brokeUncounted says whether a trial broke a limit that has no share: one that is not
// counted, one that allows none, or growth where nothing is counted at all.
func (s *Search) brokeUncounted(t *trial.Told) bool {
	counted := false
	for j, c := range s.c.Clauses {
		p := pointOf(t, j, 0)
		if c.Allowed <= 0 && p.k > 0 {
			return true
		}
		counted = counted || p.n > 0
	}
	return len(t.Broke) > 0 || t.Growing && !counted
}

// search is ramp and bracket.
func (s *Search) search() {
	most := least(s.high, s.ceiling)
	switch {
	case s.low == 0 && most <= s.c.Least:
		s.nothing()
	case s.low == 0:
		s.try(s.down(most))
	case s.low >= s.top():
		s.confirmTop()
	case most == 0:
		s.try(s.up())
	case most/s.low > narrow && !(s.c.Whole && most-s.low <= 1):
		s.kind = bracket
		s.try(s.between(s.low, most))
	case s.high == 0: // what is above is beyond the generator
		s.confirmTop()
	default:
		s.refineOn()
	}
}

// least is the smaller of two loads of which 0 is none.
func least(a, b float64) float64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

func (s *Search) between(low, high float64) float64 {
	m := math.Sqrt(low * high)
	if s.c.Whole {
		m = min(max(math.Round(m), low+1), high-1)
	}
	return m
}

func (s *Search) nothing() {
	t := &s.tried[len(s.tried)-1]
	if s.high == 0 {
		s.end(Broken, fmt.Sprintf("no trial was valid, down to %s", s.say(s.ceiling)))
		return
	}
	s.end(Nothing, fmt.Sprintf("even %s does not hold: %s", s.say(s.load(t.Ask)), s.reason(&t.Told)))
}

func (s *Search) confirmTop() {
	s.kind, s.atTop = confirm, true
	s.try(s.low)
}

// limited is when a load is beyond the generator.
func (s *Search) limited(t *Tried) {
	load := s.load(t.Ask)
	s.ceiling, s.doubted = least(s.ceiling, load), 0
	s.why = s.beyond(t)
	if s.kind == ramp || s.kind == bracket {
		s.search()
		return
	}
	s.atLeast()
}

func (s *Search) beyond(t *Tried) string {
	why := "trials at " + s.say(s.load(t.Ask)) + " were invalid"
	if t.Generator {
		why = "the generator was at its limit at " + s.say(s.load(t.Ask))
	}
	if len(t.Reasons) > 0 {
		why += ": " + t.Reasons[0]
	}
	return why
}

func (s *Search) atLeast() { s.end(AtLeast, s.why) }

// warmedUp says whether a load that clearly broke surely holds by now: a good deal more
// held just now, or the last three trials above it did. How much more depends on how
// steep the target is, lest chance pass for change.
func (s *Search) warmedUp(t *Tried) bool {
	if !t.Held {
		return false
	}
	steep := s.steep()
	for i := s.since; i < len(s.tried); i++ {
		e := &s.tried[i]
		load := s.load(e.Ask)
		if !e.Used || e.Held || !s.clearly(&e.Told) {
			continue
		}
		if s.load(t.Ask) > max(muchMore, steep)*load || s.heldLately(i, max(more, steep)*load) >= lately {
			return true
		}
	}
	return false
}

// steep is by how much more load bad requests become six times as many, as far as that is known.
func (s *Search) steep() float64 {
	if e := s.estimate(); e.known {
		return math.Exp(math.Log(6) / e.b)
	}
	return 1
}

// heldLately counts trials above a load since one last broke, no further back than the one at i.
func (s *Search) heldLately(i int, above float64) (n int) {
	for j := len(s.tried) - 1; j > i; j-- {
		t := &s.tried[j]
		switch {
		case t.Used && !t.Held:
			return n
		case t.Used && s.load(t.Ask) > above:
			n++
		}
	}
	return n
}

// rampAgain forgets what a colder target did, and goes on upwards from what it holds now.
func (s *Search) rampAgain(t *Tried) {
	s.warmed++
	load := s.load(t.Ask)
	first := len(s.tried) - 1
	for i := s.since; i < first; i++ {
		s.tried[i].Used = false
		s.tried[i].Note = "the target warmed up after it"
	}
	if s.warmed > 2 {
		s.end(Unstable, fmt.Sprintf("it became faster again and again: %s held after less had broken three times", s.say(load)))
		return
	}
	s.flag("the target became faster during the search: trials up to %d do not count", first)
	s.since, s.low, s.high, s.uncounted = first, load, 0, 0
	s.stepFrom(Guess{})
	s.atTop, s.confirms, s.verified, s.verifiedBy, s.weakly, s.weaklyBy, s.anchored = false, 0, 0, 0, 0, 0, false
	s.fits = make([]posterior, len(s.c.Clauses))
	s.search()
}
