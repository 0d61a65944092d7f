// Package gather closes windows: it collects what several members (the loops of
// an agent, the agents of a host) say of each second, and gives a window out
// once every live member has reported it. Windows come out in order, once each.
// It waits for nobody by itself: who is late or lost is for its user to say. It
// reads no clock and keeps no more than the windows still open.
package gather

import (
	"fmt"
	"slices"
)

// A Gather collects values of type T by member and window. The zero value has no
// members; members join before their first window.
type Gather[T any] struct {
	next    int64 // the first window not yet given out
	members []*member
	open    map[int64][]Part[T]
}

type member struct {
	id   int
	next int64 // the first window not yet reported
	left bool
}

// A Part is what one member said of a window.
type Part[T any] struct {
	Member int
	Value  T
}

// A Closed window holds the parts of every member that reported it, by member.
type Closed[T any] struct {
	Window int64
	Parts  []Part[T]
}

// Join adds a member. Joining twice is an error of the caller's.
func (g *Gather[T]) Join(id int) {
	g.members = append(g.members, &member{id: id, next: g.next})
}

// Add takes a member's value for a window. A window told twice, given out
// already, or told by a stranger or one that left is refused, so that nothing is
// counted twice. A member may skip windows: it then had nothing to say of them.
func (g *Gather[T]) Add(id int, window int64, v T) error {
	m := g.find(id)
	switch {
	case m == nil || m.left:
		return fmt.Errorf("window %d from member %d, which is not there", window, id)
	case window < m.next:
		return fmt.Errorf("window %d from member %d, which is at %d", window, id, m.next)
	}
	if g.open == nil {
		g.open = map[int64][]Part[T]{}
	}
	m.next = window + 1
	g.open[window] = append(g.open[window], Part[T]{id, v})
	return nil
}

// Leave takes a member out: windows no longer wait for it. What it reported stays.
func (g *Gather[T]) Leave(id int) {
	if m := g.find(id); m != nil {
		m.left = true
	}
}

// Next gives out the next window that every live member has passed, if there is
// one. With no live member left it gives out whatever was reported.
func (g *Gather[T]) Next() (c Closed[T], ok bool) {
	if g.next >= g.reached() {
		return c, false
	}
	c = Closed[T]{Window: g.next, Parts: g.open[g.next]}
	delete(g.open, g.next)
	slices.SortFunc(c.Parts, func(a, b Part[T]) int { return a.Member - b.Member })
	g.next++
	return c, true
}

// Behind gives the first window a live member has not reported yet.
func (g *Gather[T]) Behind(id int) (window int64, live bool) {
	m := g.find(id)
	if m == nil || m.left {
		return 0, false
	}
	return m.next, true
}

// reached is the first window that cannot be given out yet.
func (g *Gather[T]) reached() int64 {
	lowest, highest, live := int64(1<<62), int64(0), false
	for _, m := range g.members {
		highest = max(highest, m.next)
		if !m.left {
			lowest, live = min(lowest, m.next), true
		}
	}
	if live {
		return lowest
	}
	return highest
}

func (g *Gather[T]) find(id int) *member {
	for _, m := range g.members {
		if m.id == id {
			return m
		}
	}
	return nil
}
