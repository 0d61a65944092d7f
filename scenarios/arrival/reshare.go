package arrival

import (
	"math"
	"time"
)

// Reshare gives the arrivals due at or after from to the new share; earlier ones
// stay with the share they had. Of several Reshares the latest call rules from its
// from on. Peers that make matching calls keep the partition exact, because
// the border is a position on the axis of expected arrivals that all compute alike.
//
// A call that comes late, when arrivals after from were given already, takes
// nothing back; what the new share adds among them is given at once, with the
// moment it was due.
func (s *Schedule) Reshare(from time.Duration, share Share) {
	border := s.integral.integral(from)
	if from <= 0 {
		border = math.Inf(-1) // also what is due in the first instant
	}
	late := s.gave(border)
	before := s.shareAt(s.last)
	keep := 0
	for keep < len(s.shares) && s.shares[keep].from < border {
		keep++
	}
	s.shares = append(s.shares[:keep:keep], tenure{border, share})
	if late {
		s.goBack(border, before)
	}
	s.ready = false
	s.at.tenure = 0
}

// gave says whether an arrival at or past the border was given.
func (s *Schedule) gave(border float64) bool { return s.at.n > 0 && s.last >= border }

// shareAt is the share in force at a position.
func (s *Schedule) shareAt(pos float64) Share {
	share := s.shares[0].share
	for _, t := range s.shares[1:] {
		if pos >= t.from {
			share = t.share
		}
	}
	return share
}

// goBack moves the walk to the first arrival at or after the border, and
// remembers which of those on the way were given.
func (s *Schedule) goBack(border float64, given Share) {
	if s.at.n < s.until {
		given = s.given.Join(given)
	}
	s.given, s.until = given, max(s.until, s.at.n)
	if s.law == Uniform {
		s.at = place{n: uint64(math.Ceil(max(border, 0)))}
		return
	}
	s.at = s.origin()
	for _, mark := range s.marks {
		if mark.pos <= border {
			s.at = place{n: mark.n, pos: mark.pos}
		}
	}
	s.marks = [2]place{s.origin(), s.at}
	for s.at.pos < border {
		s.step(&s.at)
	}
}
