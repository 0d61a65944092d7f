package tune

import (
	"fmt"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// refuse gives a setting up. Without the one in force nothing can be compared, so that ends all.
func (s *Search) refuse(who int, why string) string {
	if who == inForce && s.cfg.Goal == Most {
		s.end(Broken, "the setting in force, "+s.points[inForce].key+": "+why)
		return why
	}
	s.out[who] = why
	s.refused = append(s.refused, Refused{s.points[who].setting, why})
	return why
}

// undecide gives a setting up that the load has not put out: nobody knows what it would have done.
func (s *Search) undecide(who int, why string) string {
	s.doubts = append(s.doubts, who)
	return s.refuse(who, why)
}

// spoilt gives a setting up whose trials cannot be believed. The one in force that was measured before has not become
// one that cannot be: the tuning has no answer yet, and goes on from here once its machine is left alone.
func (s *Search) spoilt(who int, why string) string {
	if who == inForce && s.cfg.Goal == Most && s.measured[who] {
		s.end(Unfinished, "the setting in force, "+s.points[who].key+": "+why+". It was measured before: something disturbs the generator's machine")
		return why
	}
	return s.undecide(who, why)
}

// spoiltWords is why a setting has no trial that can be believed, after so many in a row.
func spoiltWords(t trial.Told, times int) string {
	why := "no reason is known"
	if len(t.Reasons) > 0 {
		why = t.Reasons[0]
	}
	if t.Generator {
		return fmt.Sprintf("the generator was at its limit %d times in a row, keep its machine free of other work or add agents: %s", times, why)
	}
	return fmt.Sprintf("trials were invalid %d times in a row: %s", times, why)
}

// nobody ends without another setting to speak of: where none was ever measured, something is wrong with
// how they are tried.
func (s *Search) nobody() {
	for who := range s.of {
		if who != inForce {
			s.end(NoChange, "no other setting could be tried to the end, such as "+s.last())
			return
		}
	}
	s.end(Broken, "no other setting could be measured, such as "+s.last())
}

func (s *Search) last() string {
	if len(s.refused) == 0 {
		return "none"
	}
	r := s.refused[len(s.refused)-1]
	return s.cfg.key(r.Setting) + ": " + r.Why
}
