package tune

import (
	"fmt"
	"math"

	"github.com/loadctl/loadctl/stats"
)

// validations is how often the recommended setting is started anew beside the one in force.
const validations = 3

// validate tries the recommendation after a fresh start: what was found may have been the warm state of one process.
func validate(s *Search) stage {
	if len(s.left([]int{s.rec})) == 0 {
		return s.again()
	}
	for range validations {
		s.plan([]int{s.rec}, job{kind: kindValidate, restart: true})
	}
	return verdict
}

// again falls back on the best where the cheaper one turned out to break a limit.
func (s *Search) again() stage {
	if s.rec != s.best && s.out[s.best] == "" {
		s.flag("the best is recommended in place of " + s.points[s.rec].key + ", which was out when it was tried again: " + s.out[s.rec])
		s.rec = s.best
		return validate
	}
	s.end(NoChange, "the best, "+s.points[s.best].key+", was out when it was tried again: "+s.out[s.best])
	return nil
}

// verdict says whether the gain came back. Where it did not, as many starts more tell whether that was chance.
func verdict(s *Search) stage {
	if s.out[s.rec] != "" {
		return s.again()
	}
	d := s.pairs(s.rec, inForce, kindValidate)
	switch back := percent(expm1(mean(d))); {
	case s.holdsNothing():
		s.validated = true
		s.end(Better, fmt.Sprintf("the setting in force holds no load within the limits, %s holds %s/s; its throughput after a fresh start: %s",
			s.points[s.rec].key, number(s.capacity[s.rec].Result().Capacity), back))
	case s.hurt():
		s.validated = true
		s.end(Better, fmt.Sprintf("the setting in force breaks a limit, which %s held after a fresh start too: %s", s.points[s.rec].key, back))
	case s.cameBack(d):
		s.validated = true
		s.end(Better, fmt.Sprintf("the gain of %s came back after a fresh start: %s", s.points[s.rec].key, back))
	case len(d) <= validations && 2*validations <= s.remaining():
		return validate
	default:
		s.end(NoChange, fmt.Sprintf("the best, %s, was better (%s), but not after a fresh start: %s there. It is not recommended",
			s.points[s.rec].key, interval(s.scoreOf(s.rec)), back))
	}
	return nil
}

// cameBack says that a gain is above nothing, and not below what was claimed by more than noise.
func (s *Search) cameBack(d []float64) bool {
	return len(d) > 0 && mean(d) > 0 && mean(d)+1.645*s.noise()/math.Sqrt(float64(len(d))) >= s.lnLow(s.rec)
}

// lnLow is the lower bound of the gain in throughput that was claimed.
func (s *Search) lnLow(who int) float64 {
	if d := s.pairs(who, inForce, kindFinal); len(d) > 0 {
		low, _ := stats.RankSigns(d).Bounds(alpha / 2)
		return low
	}
	d := s.pairs(who, inForce, kindHalving)
	return mean(d) - 1.96*s.noise()/math.Sqrt(float64(max(len(d), 1)))
}
