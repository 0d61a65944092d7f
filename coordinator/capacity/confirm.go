package capacity

import (
	"fmt"

	"github.com/loadctl/loadctl/stats"
)

// confirmed takes a confirming trial. Only a valid one confirms: what one of degraded validity held is tried again, as
// long as any may be.
func (s *Search) confirmed(t *Tried) {
	s.confirms++
	load, valid := s.load(t.Ask), t.Validity == stats.Valid
	switch {
	case t.Held && valid:
		s.verified, s.verifiedBy = load, t.Number
	case t.Held:
		s.weakly, s.weaklyBy = load, t.Number
		t.Note = "held, with degraded validity: a valid trial is to confirm it"
	case load <= s.weakly:
		s.weakly, s.weaklyBy = 0, 0
	}
	switch {
	case s.atTop && !t.Held:
		s.backFrom(load)
	case s.atTop && !valid && s.confirms < mostConfirms:
		if s.try(load); s.over {
			s.topHeld(load)
		}
	case s.atTop:
		s.topHeld(load)
	default:
		s.refineOn()
	}
}

// topHeld is when nothing more may be asked.
func (s *Search) topHeld(load float64) {
	s.why = or(s.why, fmt.Sprintf("%s held, which is the most that may be asked", s.say(load)))
	s.atLeast()
}

// backFrom is when the most that may be asked held a short trial, and broke a longer one.
func (s *Search) backFrom(load float64) {
	s.atTop, s.confirms, s.kind = false, 0, bracket
	s.high, s.low = load, 0
	for i := s.since; i < len(s.tried); i++ {
		if t := &s.tried[i]; t.Held && s.load(t.Ask) < load {
			s.low = max(s.low, s.load(t.Ask))
		}
	}
	s.search()
}

// confirmation is the load that a longer trial held, and its number: a valid one, or where the search ended without, one of
// degraded validity. 0 = none did.
func (s *Search) confirmation() (load float64, by int) {
	if s.verified == 0 && s.over {
		return s.weakly, s.weaklyBy
	}
	return s.verified, s.verifiedBy
}

// weakWords say of a confirmation that it is none by a valid trial, "" of one that is.
func (s *Search) weakWords() string {
	load, by := s.confirmation()
	if load == 0 || s.verified > 0 {
		return ""
	}
	return fmt.Sprintf("trial %d, which held %s for longer, is of degraded validity, and no valid one confirmed it", by, s.say(load))
}
