package tune

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	third     = 3  // the share of a rung that goes on
	finalists = 3  // or fewer are measured to the end
	together  = 6  // settings of the first rung in a block: what drifts meanwhile is noise
	wider     = 12 // of later ones, which meet each other again
	// leastSettings is the fewest that are worth a first rung.
	leastSettings = 4
)

// begin is the first rung, with every setting that may be tried.
func begin(s *Search) stage {
	var all []int
	for who := 1; who < len(s.points); who++ {
		all = append(all, who)
	}
	if len(all) == 0 {
		s.end(NoChange, "no other setting may be tried")
		return nil
	}
	if len(all) <= finalists {
		return finalsOf(all)
	}
	return rung(1, all)
}

// rung measures who 2^(k−1) times, then keeps a third.
func rung(k int, who []int) stage {
	return func(s *Search) stage {
		for range 1 << (k - 1) {
			s.spread(who, k)
		}
		return func(s *Search) stage { return s.cut(k, s.left(who)) }
	}
}

// spread plans one trial of each, in blocks in random order.
func (s *Search) spread(who []int, k int) {
	size := wider
	if k == 1 {
		size = together
	}
	order := slices.Clone(who)
	s.blocks++ // an order of its own
	s.random().Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	blocks := (len(order) + size - 1) / size
	for b := range blocks {
		s.plan(order[b*len(order)/blocks:(b+1)*len(order)/blocks], job{kind: kindHalving, rung: k})
	}
}

// left are those of who that are not refused.
func (s *Search) left(who []int) []int {
	return slices.DeleteFunc(slices.Clone(who), func(w int) bool { return s.out[w] != "" })
}

// cut keeps the best third. Where noise lets settings be shown to be as good as the best, a quarter of the places are for the
// cheapest of those that may be: on a plateau what is dear would crowd out what does as well.
func (s *Search) cut(k int, who []int) stage {
	if len(who) == 0 {
		s.nobody()
		return nil
	}
	if len(who) <= finalists { // so many are left as others were refused
		return finalsOf(who)
	}
	keep := (len(who) + third - 1) / third
	s.rank(who)
	cheap := 0
	if s.telling() {
		cheap = max(keep/4, min(1, keep-1))
	}
	kept := slices.Clone(who[:keep-cheap])
	kept = append(kept, s.cheapAmong(who[keep-cheap:], cheap, s.score(who[0])-s.alike())...)
	if len(kept) <= finalists {
		return finalsOf(kept)
	}
	return rung(k+1, kept)
}

// rank orders by score, the cheaper first of equals.
func (s *Search) rank(who []int) {
	slices.SortStableFunc(who, func(a, b int) int {
		return cmp.Or(-cmp.Compare(s.score(a), s.score(b)), cmp.Compare(s.points[a].cost, s.points[b].cost))
	})
}

// cheapAmong are n of who, which is in order: the cheapest that score at least floor, then the first of the rest.
func (s *Search) cheapAmong(who []int, n int, floor float64) []int {
	rest := slices.Clone(who)
	slices.SortStableFunc(rest, func(a, b int) int {
		low := func(w int) bool { return s.score(w) < floor }
		switch {
		case low(a) != low(b):
			if low(a) {
				return 1
			}
			return -1
		case low(a):
			return 0
		}
		return cmp.Compare(s.points[a].cost, s.points[b].cost)
	})
	return rest[:min(n, len(rest))]
}

// alike is the difference of scores up to which settings are not told apart.
func (s *Search) alike() float64 { return s.cfg.Slack + s.guess() }

// telling says that the blocks which finalists will share, six of the rungs and seven more, can show that one is not
// worse than another by the slack.
func (s *Search) telling() bool { return 2*s.guess()/math.Sqrt(13) < s.cfg.Slack }

// guess is the noise. As long as no setting was measured twice, it is how the incumbent differs from one block to the next.
func (s *Search) guess() float64 {
	if n := s.noise(); n > 0 {
		return n
	}
	sum, all := 0.0, s.of[inForce]
	for i := 1; i < len(all); i++ {
		d := all[i].y - all[i-1].y
		sum += d * d
	}
	return math.Sqrt(sum / float64(max(len(all)-1, 1)))
}

// score is the mean logarithm of the setting over the incumbent, block by block, of all rungs.
func (s *Search) score(who int) float64 {
	d := s.pairs(who, inForce, kindHalving)
	if len(d) == 0 {
		return math.Inf(-1)
	}
	return mean(d)
}

// pairs are the logarithms of one setting over another in the blocks that have both.
func (s *Search) pairs(who, over int, kinds ...string) (d []float64) {
	for _, v := range s.of[who] {
		if y, ok := s.in[cell{v.block, over}]; ok && slices.Contains(kinds, v.kind) {
			d = append(d, v.y-y)
		}
	}
	return d
}

// noise is the standard deviation of pairs about their setting's mean, over all settings; 0 = not known.
func (s *Search) noise() float64 {
	sum, df := 0.0, 0
	for who := 1; who < len(s.points); who++ {
		d := s.pairs(who, inForce, kindHalving, kindFinal, kindEffects)
		if len(d) < 2 {
			continue
		}
		m := mean(d)
		for _, v := range d {
			sum += (v - m) * (v - m)
		}
		df += len(d) - 1
	}
	if df == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(df))
}

// trialsOf is how many trials a tuning of n settings takes, when nothing is repeated.
func trialsOf(n int) int {
	total, units := 0, 1
	for ; n > finalists; units *= 2 {
		size := wider
		if units == 1 {
			size = together
		}
		total += units * (n + (n+size-1)/size)
		n = (n + third - 1) / third
	}
	return total + 7*(n+1) + 10 + 2*validations
}

// about is how long so many trials take.
func (c Config) about(trials int) time.Duration { return time.Duration(trials) * c.each() }

// each is about how long a trial takes, with what is around it.
func (c Config) each() time.Duration { return c.Settle + c.Length + 2*time.Second }
