package loop

import "github.com/loadctl/loadctl/scenarios"

// A pool is the connections one phase has opened, and who waits for them. Held
// connections are taken in turn, so that load spreads over all; others last in
// first out, so that no more are used than needed. Connections that somebody owns
// are never idle in it.
type pool struct {
	owner       *phase
	takers      []*phase // whose requests wait for its connections
	first, last int32    // idle connections
	inTurn      bool
	grows       bool
	owned       bool   // connections stay with the task that opened them
	wears       bool   // connections end by what they have carried
	narrow      int    // receive buffer for slow readers; 0 = the kernel's choice
	limit       int    // connections at once: found out the hard way; 0 = none found
	limitedBy   string // what there was too little of then
	rules
}

func newPool(p *phase) *pool {
	held := p.spec.Executor == scenarios.HeldConnections
	o := &pool{owner: p, first: none, last: none, inTurn: held, grows: !held}
	if !held {
		o.owned = p.spec.Pool.Reuse == scenarios.ReuseUser
		o.obey(&p.spec.Pool)
	}
	return o
}

// putIdle makes a connection free to take.
func (l *Loop) putIdle(o *pool, i int32, c *conn) {
	c.idle = true
	if o.inTurn {
		c.prev, c.next = o.last, none
		o.link(l, c.prev, i, c.next)
		return
	}
	c.prev, c.next = none, o.first
	o.link(l, c.prev, i, c.next)
}

// link makes i the neighbour of both sides.
func (o *pool) link(l *Loop, prev, i, next int32) {
	o.join(l, prev, i)
	o.join(l, i, next)
}

// join makes two neighbours; none stands for the ends.
func (o *pool) join(l *Loop, a, b int32) {
	if a == none {
		o.first = b
	} else {
		l.conns.at(a).next = b
	}
	if b == none {
		o.last = a
	} else {
		l.conns.at(b).prev = a
	}
}

func (l *Loop) dropIdle(o *pool, c *conn) {
	if c.idle {
		o.join(l, c.prev, c.next)
		c.idle, c.next = false, none
	}
}

// takeIdle takes the next idle connection; none when there is none.
func (l *Loop) takeIdle(o *pool) int32 {
	i := o.first
	if i != none {
		l.dropIdle(o, l.conns.at(i))
	}
	return i
}

// serve gives connections to those who wait. It is called from the top of the
// loop only, so that a request that fails at once cannot recurse.
func (l *Loop) serve() {
	if !l.unserved && l.now < l.dialAt {
		return
	}
	l.unserved, l.dialAt = false, never
	for _, p := range l.phases {
		if p.state == running || p.state == draining {
			l.servePool(p.own)
		}
	}
}

func (l *Loop) servePool(o *pool) {
	for {
		q := o.longest(l)
		if q == nil {
			return
		}
		if i := l.takeIdle(o); i != none {
			t := l.first(q)
			l.unqueue(q, t)
			l.use(t, l.tasks.at(t), i, l.conns.at(i))
			continue
		}
		if !o.grows || l.dialing >= maxDialing || o.full() || !l.mayDial(o) {
			return
		}
		t := l.first(q)
		l.unqueue(q, t)
		if !l.dialFor(t, l.tasks.at(t)) {
			return
		}
	}
}

// longest is the queue whose head has waited longest among those that may be
// served: later steps of iterations always, first steps while there is room for
// another iteration.
func (o *pool) longest(l *Loop) *queue {
	var best *queue
	since := never
	for _, p := range o.takers {
		for _, q := range [...]*queue{&p.going, &p.fresh} {
			if q.head == none || q == &p.fresh && !p.hasRoom() {
				continue
			}
			if at := l.tasks.at(l.first(q)).scheduled; at < since {
				best, since = q, at
			}
		}
	}
	return best
}

// hasRoom says whether another iteration may start.
func (p *phase) hasRoom() bool { return p.limit == 0 || p.iterations-p.fresh.length < p.limit }
