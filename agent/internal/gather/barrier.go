package gather

import "time"

// A Barrier tells when every live member has reached a state of a phase
// (connected, finished, drained). Each state is told once. The zero value has no
// members.
type Barrier struct {
	live    map[int]bool
	waiting []*gate
}

type gate struct {
	Reached
	by   map[int]bool
	told bool
}

// Reached is a state that every live member is in, since At: the last one's moment.
type Reached struct {
	Phase int
	State string
	At    time.Duration
}

// Join adds a member.
func (b *Barrier) Join(id int) {
	if b.live == nil {
		b.live = map[int]bool{}
	}
	b.live[id] = true
}

// Reach says that a member reached a state, and gives the states reached by all with it.
func (b *Barrier) Reach(id, phase int, state string, at time.Duration) []Reached {
	if !b.live[id] {
		return nil
	}
	g := b.find(phase, state)
	g.by[id] = true
	g.At = max(g.At, at)
	return b.passed()
}

// Leave takes a member out, and gives the states the others were only waiting
// for it to reach. With nobody left no state is reached.
func (b *Barrier) Leave(id int) []Reached {
	delete(b.live, id)
	if len(b.live) == 0 {
		return nil
	}
	return b.passed()
}

func (b *Barrier) passed() (all []Reached) {
	for _, g := range b.waiting {
		if !g.told && b.everyone(g) {
			g.told = true
			all = append(all, g.Reached)
		}
	}
	return all
}

func (b *Barrier) everyone(g *gate) bool {
	for id := range b.live {
		if !g.by[id] {
			return false
		}
	}
	return true
}

func (b *Barrier) find(phase int, state string) *gate {
	for _, g := range b.waiting {
		if g.Phase == phase && g.State == state {
			return g
		}
	}
	g := &gate{Reached: Reached{Phase: phase, State: state}, by: map[int]bool{}}
	b.waiting = append(b.waiting, g)
	return g
}
