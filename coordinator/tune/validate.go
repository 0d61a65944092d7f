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
	back := percent(expm1(mean(d)))
	switch {
	case s.hurt() || s.cameBack(d):
		s.validated = true
		s.end(Better, s.came(back))
	case len(d) <= validations && 2*validations <= s.remaining():
		return validate
	default:
		s.end(NoChange, s.gone(back))
	}
	return nil
}

// came is what came of a fresh start that confirms the recommendation; back is the gain in throughput there.
func (s *Search) came(back string) string {
	key := s.points[s.rec].key
	switch {
	case s.holdsNothing():
		return fmt.Sprintf("the setting in force holds no load within the limits, %s holds %s/s; its throughput after a fresh start: %s",
			key, number(s.capacity[s.rec].Result().Capacity), back)
	case s.hurt():
		return fmt.Sprintf("the setting in force breaks a limit, which %s held after a fresh start too; its throughput there: %s", key, back)
	case s.compared(s.rec):
		return fmt.Sprintf("the capacity of %s is %s vs current, and its throughput was not lost after a fresh start: %s", key, interval(s.scoreOf(s.rec)), back)
	}
	return fmt.Sprintf("the gain of %s came back after a fresh start: %s", key, back)
}

// gone is what came of one that does not.
func (s *Search) gone(back string) string {
	key, was := s.points[s.rec].key, interval(s.scoreOf(s.rec))
	if s.compared(s.rec) {
		return fmt.Sprintf("the best, %s, has more capacity (%s), but lost throughput after a fresh start: %s there. It is not recommended", key, was, back)
	}
	return fmt.Sprintf("the best, %s, was better (%s), but not after a fresh start: %s there. It is not recommended", key, was, back)
}

// cameBack says that a gain is there after a fresh start. One of throughput is above nothing, and not below what was claimed by
// more than noise. One of capacity need not show in what users who saturate get, so that this refutes it only where it lies below
// what it was before the start, by more than noise and the slack.
func (s *Search) cameBack(d []float64) bool {
	switch {
	case len(d) == 0:
		return false
	case s.compared(s.rec):
		return mean(d)+s.chance(d) >= s.before()+math.Log1p(-s.cfg.Slack)
	}
	return mean(d) > 0 && mean(d)+s.chance(d) >= s.lnLow(s.rec)
}

// chance is how far the mean of pairs lies too low one time in twenty: by the noise of all pairs, or where none were
// repeated by their own, with Student's t.
func (s *Search) chance(d []float64) float64 {
	n := float64(len(d))
	if noise := s.noise(); noise > 0 || len(d) < 2 {
		return 1.645 * noise / math.Sqrt(n)
	}
	m, sum := mean(d), 0.0
	for _, v := range d {
		sum += (v - m) * (v - m)
	}
	return stats.StudentT(0.95, n-1) * math.Sqrt(sum/(n-1)/n)
}

// before is the least that the recommended setting's throughput was, beside the one in force, before the fresh start; 0 where
// that is not known.
func (s *Search) before() float64 {
	if s.noise() == 0 {
		return 0
	}
	_, low, _ := s.ln(s.rec)
	return low
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
