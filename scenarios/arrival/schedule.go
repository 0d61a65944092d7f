package arrival

import (
	"math"
	"time"
)

// A Schedule gives the arrivals of one share in order of time. Every arrival n of
// the phase has a position pₙ on the axis of expected arrivals, and is due when
// the integral of the rate reaches it:
//
//	uniform:  pₙ = n                     n < ⌊Λ(end)⌋
//	Poisson:  pₙ = E₀ + E₁ + … + Eₙ      pₙ < Λ(end), Eᵢ exponential with mean 1 from Mix(seed, i)
//	atₙ     = Λ⁻¹(pₙ)
//
// so a Poisson schedule follows any profile (a time-changed Poisson process).
// Arrival n belongs to the share that owns n (uniform), or a hash of n (Poisson:
// thinning, so that each share is itself Poisson). Every agent walks the same
// global sequence and keeps its own, so the union of any set of shares is the
// same schedule bit for bit; a foreign Poisson arrival costs about 25 ns.
//
// A copy of a Schedule goes its own way.
type Schedule struct {
	integral integral
	law      Law
	total    float64
	count    uint64 // uniform only
	gaps     uint64 // prefix of Mix(seed, stream of gaps, n)
	owners   uint64 // prefix of Mix(seed, stream of owners, n)

	shares []tenure // who owns what from where on, in order of position
	at     place    // first arrival not yet given
	last   float64  // position of the last one given
	marks  [2]place // places passed before, to go back to

	peeked place
	peek   Arrival
	ready  bool

	// After a Reshare that reached back: arrivals below until that given owned
	// were given already.
	given Share
	until uint64
}

// A tenure is a share in force from a position on.
type tenure struct {
	from  float64
	share Share
}

// A place is a point in the walk over the global sequence.
type place struct {
	n      uint64
	pos    float64 // Poisson: position of arrival n
	stage  int
	tenure int
}

const (
	gapStream   = 1
	ownerStream = 2
	markEvery   = 1 << 16
)

// New gives the schedule of a share of a phase. The seed must be the same for
// every share of the phase, and another for every phase.
func New(p Profile, law Law, seed uint64, s Share) *Schedule {
	c := compile(p)
	sched := &Schedule{
		integral: c, law: law, total: c.total(), count: countOf(c.total()),
		gaps: Mix(seed, gapStream), owners: Mix(seed, ownerStream),
		shares: []tenure{{math.Inf(-1), s}},
	}
	sched.at = sched.origin()
	sched.marks = [2]place{sched.at, sched.at}
	return sched
}

func (s *Schedule) origin() place {
	if s.law == Uniform {
		return place{}
	}
	return place{pos: exponential(stir(s.gaps, 0))}
}

// Next gives the next arrival of the share; false when there are no more (which
// a Reshare may change).
func (s *Schedule) Next() (Arrival, bool) {
	a, ok := s.Peek()
	if !ok {
		return a, false
	}
	s.at, s.last, s.ready = s.peeked, s.position(&s.peeked), false
	s.step(&s.at)
	if s.at.n-s.marks[1].n >= markEvery {
		s.marks[0], s.marks[1] = s.marks[1], s.at
	}
	return a, true
}

// Peek gives what Next will give, and leaves it.
func (s *Schedule) Peek() (Arrival, bool) {
	if !s.ready {
		s.peeked = s.at
		if !s.find(&s.peeked) {
			return Arrival{}, false
		}
		s.peek = Arrival{Index: s.peeked.n, At: s.moment(&s.peeked)}
		s.ready = true
	}
	return s.peek, true
}

// Skip passes over what is due before a moment, and says how many arrivals that were.
func (s *Schedule) Skip(before time.Duration) (n uint64) {
	for a, ok := s.Peek(); ok && a.At < before; a, ok = s.Peek() {
		s.Next()
		n++
	}
	return n
}

// step passes arrival at.n.
func (s *Schedule) step(at *place) {
	at.n++
	if s.law == Poisson {
		at.pos += exponential(stir(s.gaps, at.n))
	}
}

// find moves to the first arrival at or after at that is the share's own and was
// not given.
func (s *Schedule) find(at *place) bool {
	for s.findOwned(at) {
		if at.n >= s.until || !s.given.Owns(s.Key(at.n)) {
			return true
		}
		s.step(at)
	}
	return false
}

func (s *Schedule) findOwned(at *place) bool {
	if s.law == Uniform {
		return s.findUniform(at)
	}
	for at.pos < s.total {
		for at.tenure+1 < len(s.shares) && at.pos >= s.shares[at.tenure+1].from {
			at.tenure++
		}
		if s.shares[at.tenure].share.Owns(stir(s.owners, at.n)) {
			return true
		}
		s.step(at)
	}
	return false
}

// findUniform jumps from owned arrival to owned arrival.
func (s *Schedule) findUniform(at *place) bool {
	for ; ; at.tenure++ {
		n, ok := s.shares[at.tenure].share.next(at.n)
		last := at.tenure+1 == len(s.shares)
		if last || ok && float64(n) < s.shares[at.tenure+1].from {
			at.n = n
			return ok && n < s.count
		}
		at.n = max(at.n, uint64(math.Ceil(s.shares[at.tenure+1].from)))
	}
}

// moment is when the arrival is due.
func (s *Schedule) moment(at *place) time.Duration {
	pos := s.position(at)
	for pos >= s.integral[at.stage].upto && at.stage+1 < len(s.integral) {
		at.stage++
	}
	return s.integral[at.stage].inverse(pos)
}

func (s *Schedule) position(at *place) float64 {
	if s.law == Uniform {
		return float64(at.n)
	}
	return at.pos
}

// Key is what decides who owns arrival n: the share that owns the key.
func (s *Schedule) Key(n uint64) uint64 {
	if s.law == Uniform {
		return n
	}
	return stir(s.owners, n)
}

// Count is how many arrivals the whole phase has over all shares: a uniform
// schedule's is ⌊∫rate⌋, a Poisson schedule's is random around it but fixed by the
// seed. For Poisson it takes time in proportion to the count.
func Count(p Profile, law Law, seed uint64) uint64 {
	s := New(p, law, seed, Whole())
	if law == Uniform {
		return s.count
	}
	at := s.at
	for at.pos < s.total {
		s.step(&at)
	}
	return at.n
}
