package tune

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/stats"
)

// Finalists are looked at after so many blocks. The error that each look may make is a fifth of alpha, so that looking
// again does not make a chance finding likelier.
var looks = [...]int{7, 10, 14, 19, 26}

const alpha = 0.05

// finalsOf measures the last few to the end, by capacity or by throughput.
func finalsOf(who []int) stage {
	return func(s *Search) stage {
		s.finalists = who
		if s.cfg.Capacity != nil {
			return s.capacities()
		}
		return s.look(0, who)
	}
}

// look plans the blocks up to the next look, for those who may still be better than the incumbent, or decides.
func (s *Search) look(n int, who []int) stage {
	open := false
	who = s.left(who)
	if n > 0 {
		who, open = s.undecided(n, who)
	}
	if n == len(looks) || len(who) == 0 || n > 0 && !open {
		return s.decide(who)
	}
	from := 0
	if n > 0 {
		from = looks[n-1]
	}
	cost := (looks[n] - from) * (len(who) + 1)
	if n > 0 && cost+s.reserve() > s.remaining() {
		return s.decide(who)
	}
	for range looks[n] - from {
		s.plan(who, job{kind: kindFinal})
	}
	return func(s *Search) stage { return s.look(n+1, who) }
}

// reserve is the trials that the interaction check, at its least, and the fresh start take.
func (s *Search) reserve() int {
	return leastReplicas*(1<<min(len(s.cfg.Params), mostFactors)+1) + 2*validations
}

// undecided leaves out who is known not to be better by the margin, and says whether somebody is neither.
func (s *Search) undecided(n int, who []int) (still []int, open bool) {
	margin := math.Log1p(s.cfg.Margin)
	for _, w := range who {
		low, high := stats.RankSigns(s.pairs(w, inForce, kindFinal)).Bounds(alpha / float64(len(looks)))
		if high < margin && !s.hurt() {
			continue
		}
		still = append(still, w)
		open = open || low <= margin && !s.hurt()
	}
	return still, open
}

// hurt says that the setting in force breaks a limit itself, or holds no load within the limits: whatever does is better.
func (s *Search) hurt() bool { return 2*s.broke[inForce] > len(s.of[inForce]) || s.holdsNothing() }

func (s *Search) holdsNothing() bool {
	c := s.capacity[inForce]
	return c != nil && c.Result().Outcome == capacity.Nothing
}

// superior says that a finalist beats the incumbent by more than the margin, beyond chance.
func (s *Search) superior(who int) bool {
	if s.hurt() {
		return true
	}
	if s.cfg.Capacity != nil {
		_, low, _ := s.ratio(who)
		return low > math.Log1p(s.cfg.Margin)
	}
	low, _ := stats.RankSigns(s.pairs(who, inForce, kindFinal)).Bounds(alpha / float64(len(looks)))
	return low > math.Log1p(s.cfg.Margin)
}

// decide picks the best and the one to recommend, or ends with no change.
func (s *Search) decide(who []int) stage {
	who = s.left(who)
	all := slices.Clone(s.left(s.finalists))
	won := slices.DeleteFunc(slices.Clone(who), func(w int) bool { return !s.superior(w) })
	if len(won) == 0 {
		s.none(all)
		return nil
	}
	s.best = slices.MaxFunc(won, func(a, b int) int { return cmp.Compare(s.fitness(a), s.fitness(b)) })
	s.rec = s.best
	for _, w := range won {
		if s.points[w].cost < s.points[s.rec].cost && s.asGood(w) {
			s.rec = w
		}
	}
	return factorial
}

// none ends without a better one, and says how near the nearest came.
func (s *Search) none(who []int) {
	if len(who) == 0 {
		s.nobody()
		return
	}
	why := fmt.Sprintf("no setting beats the current one by ≥ %s", share(s.cfg.Margin))
	if c := s.capacity[inForce]; c != nil && c.Result().Outcome == capacity.AtLeast {
		why = fmt.Sprintf("no setting can be shown to beat the current one, whose capacity is known from below alone, ≥ %s: %s",
			number(c.Result().Capacity), c.Result().Why)
	}
	near := slices.MaxFunc(who, func(a, b int) int { return cmp.Compare(s.fitness(a), s.fitness(b)) })
	v := s.scoreOf(near)
	why += fmt.Sprintf("; the nearest, %s: %s", s.points[near].key, interval(v))
	if v.High > s.cfg.Margin {
		why += ", which more trials might tell"
	}
	s.end(NoChange, why)
}

// fitness orders finalists: by capacity, or by throughput beside the incumbent in all the blocks that finalists share.
func (s *Search) fitness(who int) float64 {
	if s.cfg.Capacity != nil {
		return math.Log(s.capacity[who].Result().Capacity)
	}
	return stats.RankSigns(s.shared(who, inForce)).Center()
}

// shared are the pairs of later rungs and finals: blocks of the first rung have other settings each.
func (s *Search) shared(who, over int) (d []float64) {
	for _, v := range s.of[who] {
		if y, ok := s.in[cell{v.block, over}]; ok && v.rung != 1 && v.kind != kindValidate {
			d = append(d, v.y-y)
		}
	}
	return d
}

// asGood says that a setting is not worse than the best by more than the slack, which wants evidence
// as being better does: what is not known to be as good is not recommended for its price.
func (s *Search) asGood(who int) bool {
	floor := math.Log1p(-s.cfg.Slack)
	if s.cfg.Capacity != nil {
		a, b := s.capacity[who].Result(), s.capacity[s.best].Result()
		_, low, _ := logRatio(a, b)
		return low > floor
	}
	low, _ := stats.RankSigns(s.shared(who, s.best)).Bounds(alpha)
	return low > floor
}
