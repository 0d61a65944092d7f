package loop

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// rules are what a scenario says of the connections of a pool.
type rules struct {
	spec     *scenarios.Pool
	single   bool          // a connection carries one request
	max      int           // connections at once, of this loop's share; 0 = any number
	gap      time.Duration // between two connects of this loop; 0 = none
	turn     time.Duration // from the phase's begin to this loop's first connect
	nextDial stats.Offset
	starved  string // why none can be opened now; "" = they can
}

func (o *pool) obey(p *scenarios.Pool) {
	o.spec, o.single = p, p.Reuse == scenarios.ReuseNone
	o.wears = p.MaxAge > 0 || p.MaxRequests > 0
}

// sharePool takes the loop's part of a pool's numbers: as much of the whole as it has
// of the load. Loops take turns at connecting, so that all connects together are as
// far apart as the rate says.
func (l *Loop) sharePool(p *phase) {
	spec := p.own.spec
	if spec == nil {
		return
	}
	if spec.Max > 0 {
		p.own.max = max(int(l.share.Of(uint64(spec.Max))), 1)
	}
	if mine := part(l.share); spec.ConnectRate > 0 && mine > 0 {
		each := float64(time.Second) / spec.ConnectRate
		p.own.gap = time.Duration(each / mine)
		p.own.turn = time.Duration(each * float64(l.share[0].Index))
	}
}

// full says whether the pool may have no more connections.
func (o *pool) full() bool {
	return o.limit > 0 && o.owner.connections >= o.limit ||
		o.max > 0 && o.owner.connections+o.owner.connecting >= o.max
}

// shortage is what the machine had too little of for the pool to have more than the
// connections it has.
func (o *pool) shortage() string {
	if o.limit > 0 && o.owner.connections >= o.limit {
		return o.limitedBy
	}
	return ""
}

// catchUp is how far connects may be behind their turn and still make up for it: a
// loop that wakes by the tick opens those of a tick together.
const catchUp = 2 * time.Millisecond

// mayDial says whether it is the pool's turn to open a connection, and when it will be.
func (l *Loop) mayDial(o *pool) bool {
	if o.nextDial > l.now {
		l.dialAt = min(l.dialAt, o.nextDial)
		return false
	}
	o.starved = ""
	if o.gap > 0 {
		o.nextDial = max(o.nextDial, l.now-catchUp) + o.gap
	}
	return true
}

// restPool keeps a pool that found no port from connecting for a while: the kernel
// gives ports back with time.
func (l *Loop) restPool(o *pool) {
	o.starved = kindPorts
	o.nextDial = max(o.nextDial, l.now+restAfterFailure)
	l.dialAt = min(l.dialAt, o.nextDial)
}

// partIfWorn ends a connection that has carried what it should.
func (l *Loop) partIfWorn(i int32, c *conn, o *pool) {
	switch {
	case o.spec.MaxRequests > 0 && float64(c.requests) >= math.Round(spread(i, c)*float64(o.spec.MaxRequests)):
		l.loseAs(i, c, stats.EndedRequests)
	case o.spec.MaxAge > 0 && float64(l.clock()-c.began) >= spread(i, c)*float64(o.spec.MaxAge):
		l.loseAs(i, c, stats.EndedAge)
	}
}

// spread is the factor by which a connection differs from others in what it carries.
func spread(i int32, c *conn) float64 {
	r := arrival.NewRand(ref(i, c.gen))
	return 1 + scenarios.Spread*(2*r.Float64()-1)
}
