package tune

import "math/rand/v2"

// plan adds a block: each of who once beside the incumbent, in random order.
func (s *Search) plan(who []int, j job) {
	s.blocks++
	all := append([]int{inForce}, who...)
	s.random().Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	for _, w := range all {
		j.who, j.block = w, s.blocks
		s.queue = append(s.queue, j)
	}
}

// random draws the order of the block that is being planned.
func (s *Search) random() *rand.Rand {
	return rand.New(rand.NewPCG(s.cfg.Seed, uint64(s.blocks)+1))
}

// alone says that the incumbent has nobody left in its block to be compared with.
func (s *Search) alone(j job) bool {
	if j.who != inForce || j.kind == kindHold {
		return false
	}
	for _, other := range s.queue {
		if other.block == j.block && other.who != inForce && s.out[other.who] == "" {
			return false
		}
	}
	for who := range s.of {
		if _, met := s.in[cell{j.block, who}]; met && who != inForce && s.out[who] == "" {
			return false
		}
	}
	return s.capacity[j.who] == nil || len(s.left(s.finalists)) == 0
}

// spent says that the budget is: it bounds time, and MaxTrials what repeats may add.
func (s *Search) spent() bool {
	return s.cfg.Budget > 0 && s.took >= s.cfg.Budget || s.cfg.MaxTrials > 0 && s.counted() >= s.cfg.MaxTrials && !s.searching()
}

// counted is the trials that MaxTrials bounds.
func (s *Search) counted() (n int) {
	for _, t := range s.tried {
		switch t.Kind {
		case kindHalving, kindFinal, kindEffects, kindValidate, kindHold:
			n++
		}
	}
	return n
}

// remaining is how many trials may yet be made, by their number and by the time that they have taken.
func (s *Search) remaining() int {
	n := s.cfg.MaxTrials - s.counted()
	if s.cfg.Budget > 0 && s.took > 0 {
		n = min(n, int(float64(s.cfg.Budget-s.took)/float64(s.took)*float64(len(s.tried))))
	}
	return n
}

func (s *Search) searching() bool { return len(s.queue) > 0 && s.queue[0].inner != nil }
