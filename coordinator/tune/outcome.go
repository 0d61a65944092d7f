package tune

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// Result is what is known, at any time.
func (s *Search) Result() Result {
	r := Result{Outcome: s.outcome, Why: s.why, Goal: s.cfg.Goal, Fitness: s.fitnessName(), Slack: s.cfg.Slack, Margin: s.cfg.Margin,
		Noise: s.noise(), Params: s.params, CostUnit: s.cfg.CostUnit, Refused: s.refused, Flags: s.flags, Validated: s.validated, Seed: s.cfg.Seed,
		Took: s.took, Trials: s.tried, Effects: s.effects, Incumbent: s.scoreOf(inForce)}
	if s.outcome == "" {
		r.Outcome, r.Why = Unfinished, "it is under way"
	}
	r.Best, r.Recommended = r.Incumbent, r.Incumbent
	if s.best >= 0 && r.Outcome != NoChange {
		r.Best, r.Recommended = s.scoreOf(s.best), s.scoreOf(s.rec)
	}
	r.Halving = s.halving()
	if s.cfg.Goal == Cheapest {
		r.Undecided = len(s.doubts)
	}
	if s.cfg.Goal == Most && s.cfg.Capacity == nil {
		r.Expected = trialsOf(s.firstRung)
	}
	r.Scores = s.scores()
	r.Plateau = s.plateau(r.Best)
	if n := s.broke[inForce]; n > 0 && s.cfg.Goal == Most {
		r.Flags = append(slices.Clone(r.Flags), fmt.Sprintf("the setting in force broke a limit itself in %d of its %s", n, trials(len(s.of[inForce]))))
	}
	return r
}

// What settings are compared by.
const (
	byThroughput = "throughput"
	byCapacity   = "capacity"
	byHold       = "hold"
)

func (s *Search) fitnessName() string {
	switch {
	case s.cfg.Goal == Cheapest:
		return byHold
	case s.cfg.Capacity != nil:
		return byCapacity
	}
	return byThroughput
}

func (s *Search) halving() (n int) {
	for _, t := range s.tried {
		if t.Kind == kindHalving && s.cfg.key(t.Setting) != s.points[inForce].key {
			n++
		}
	}
	return n
}

// scores are those of every setting that was tried, best first; finalists before others, as they are known better, and
// before all those whose gain is of capacity, as gains of two kinds have no order.
func (s *Search) scores() (all []Score) {
	for who := range s.points {
		if v := s.scoreOf(who); v.Blocks > 0 {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b Score) int {
		switch {
		case s.cfg.Goal == Cheapest:
			return cmp.Compare(a.Cost, b.Cost)
		case a.Fitness != b.Fitness:
			return first(a.Fitness == byCapacity)
		case a.Final != b.Final && a.Setting != nil:
			return first(a.Final)
		}
		return -cmp.Compare(a.Gain, b.Gain)
	})
	return all
}

// first puts the left of two before the right, or behind.
func first(left bool) int {
	if left {
		return -1
	}
	return 1
}

// scoreOf is how a setting did: a finalist by its final blocks alone, as what made it one flatters it.
func (s *Search) scoreOf(who int) Score {
	p := s.points[who]
	v := Score{Setting: p.setting, Cost: p.cost, Value: s.throughput(who), Final: slices.Contains(s.finalists, who),
		Held: s.held[who], Broke: s.broke[who], Fitness: byThroughput}
	for _, x := range s.of[who] {
		v.Rung = max(v.Rung, x.rung)
		v.Blocks++
	}
	switch {
	case s.cfg.Goal == Cheapest:
		v.Blocks, v.Fitness = v.Held+v.Broke, byHold
	case s.compared(who):
		v.Value, v.Fitness = s.capacity[who].Result().Capacity, byCapacity
		if who != inForce {
			m, _, _ := s.ln(who)
			v.Closed = expm1(m)
			v.gain(s.ratio(who))
		}
	case who == inForce:
	default:
		v.gain(s.ln(who))
	}
	if s.cfg.Goal == Most {
		v.Broke = 0
	}
	return v
}

func (v *Score) gain(m, low, high float64) {
	v.Gain, v.Low, v.High = expm1(m), expm1(low), expm1(high)
}

// ln is the logarithm of a setting over the incumbent with a 95 % interval: of the final blocks by signed ranks, of
// others by the noise that all settings share.
func (s *Search) ln(who int) (m, low, high float64) {
	if d := s.pairs(who, inForce, kindFinal); len(d) >= looks[0]-1 {
		ranks := stats.RankSigns(d)
		low, high = ranks.Bounds(alpha / 2)
		return ranks.Center(), low, high
	}
	d := s.pairs(who, inForce, kindHalving, kindFinal, kindEffects)
	if len(d) == 0 {
		return 0, 0, 0
	}
	m = mean(d)
	half := 1.96 * s.noise() / math.Sqrt(float64(len(d)))
	return m, m - half, m + half
}

// plateau are the settings that are not worse than the best by more than the slack, as far as is known: those of
// which more than the first rung, with its one trial, tells. Where the best is known by its capacity, they are finalists.
func (s *Search) plateau(best Score) (all []Setting) {
	if s.cfg.Goal == Cheapest || s.best < 0 || s.holdsNothing() {
		return nil
	}
	for who := range s.points {
		v := s.scoreOf(who)
		if who == inForce && s.hurt() {
			continue
		}
		if v.Blocks > 1 && v.Fitness == best.Fitness && s.out[who] == "" && (1+v.Gain) >= (1+best.Gain)*(1-s.cfg.Slack) {
			all = append(all, v.Setting)
		}
	}
	return all
}
