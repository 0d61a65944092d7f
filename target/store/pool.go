package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A pool does what SQLAlchemy's QueuePool does (its lib/sqlalchemy/pool/impl.py and
// base.py): it begins empty; a call takes the connection that has been idle longest,
// or opens one while fewer than size + overflow are in use; a connection that is given
// back is kept while fewer than size are idle, and closed otherwise. Age and health are
// looked at when a connection is taken, never in the background.
//
// It stands in front of database/sql, whose own pool hands a connection to any one of
// those that wait and not to the first, closes old ones when they are given back, and
// does not say how long a call has waited. What QueuePool lets happen and this does not:
// a call that comes just as a connection is given back overtakes those that wait.
type pool struct {
	counts *counts.Pool
	dial   func(context.Context) (*conn, error)

	mu         sync.Mutex
	limits     limits
	idle       []*conn // the longest first
	inUse      int     // places that calls hold, with or without a connection yet
	waiting    []chan *conn
	generation int // connections of earlier ones are replaced before they are used
}

type limits struct {
	size     int // idle connections kept
	overflow int // more connections; -1 = any number
	timeout  time.Duration
	recycle  time.Duration
	prePing  bool
	query    time.Duration // of a statement; 0 = as long as its call may take
}

func limitsOf(s knobs.Settings) limits {
	return limits{s.PoolSize, s.MaxOverflow, s.PoolTimeout, s.PoolRecycle, s.PoolPrePing, s.QueryTimeout}
}

// patience is how long a statement may take.
func (p *pool) patience() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limits.query
}

func (l limits) hold(inUse int) bool { return l.overflow < 0 || inUse < l.size+l.overflow }

// take is a connection and the place in the pool that goes with it; give takes both
// back. A call waits for its place up to the pool's time-out; opening a connection has
// its own.
func (p *pool) take(ctx context.Context) (*conn, error) {
	c, l, err := p.place(ctx)
	if err != nil {
		return nil, err
	}
	if c, err = p.fit(ctx, c, l); err != nil {
		p.leave(nil)
		return nil, err
	}
	return c, nil
}

// place is a place in the pool, with an idle connection if there is one.
func (p *pool) place(ctx context.Context) (*conn, limits, error) {
	p.mu.Lock()
	l := p.limits
	if l.hold(p.inUse) && len(p.waiting) == 0 {
		defer p.mu.Unlock()
		p.inUse++
		p.counts.InUse.Add(1)
		return p.oldest(), l, nil
	}
	turn := make(chan *conn, 1)
	p.waiting = append(p.waiting, turn)
	p.counts.Waiting.Add(1)
	p.mu.Unlock()
	c, err := p.await(ctx, turn, l)
	return c, l, err
}

// await waits for its turn. Who gives up in the moment of its turn has it all the same.
func (p *pool) await(ctx context.Context, turn chan *conn, l limits) (*conn, error) {
	begin := time.Now()
	patience := time.NewTimer(l.timeout)
	defer patience.Stop()
	var c *conn
	var err error
	select {
	case c = <-turn:
	case <-patience.C:
		err = fmt.Errorf("%w: pool_size %d, max_overflow %d, pool_timeout %s", catalogue.ErrPoolTimeout, l.size, l.overflow, l.timeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil && !p.withdraw(turn) {
		c, err = <-turn, nil
	}
	p.counts.Waited(time.Since(begin))
	p.counts.Waiting.Add(-1)
	return c, err
}

// withdraw takes one off the queue; false when its turn had come.
func (p *pool) withdraw(turn chan *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == turn {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// oldest is the connection idle longest, or nil. It needs the lock.
func (p *pool) oldest() *conn {
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[0]
	p.idle = append(p.idle[:0], p.idle[1:]...)
	return c
}

// fit is a connection that may be used: the given one, or one opened in its place if it
// is nil, too old, of a generation that broke, or dead.
func (p *pool) fit(ctx context.Context, c *conn, l limits) (*conn, error) {
	switch {
	case c == nil:
	case l.recycle > 0 && time.Since(c.born) > l.recycle:
		p.counts.Recycled.Add(1)
		p.end(c)
	case p.outdated(c):
		p.counts.Stale.Add(1)
		p.end(c)
	case l.prePing && c.ping(ctx) != nil:
		p.end(c)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.counts.Stale.Add(1)
		p.outdate(c)
	default:
		return c, nil
	}
	return p.open(ctx)
}

func (p *pool) open(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	generation := p.generation
	p.mu.Unlock()
	c, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	c.born, c.generation = time.Now(), generation
	p.counts.Dials.Add(1)
	p.counts.Open.Add(1)
	return c, nil
}

func (p *pool) end(c *conn) {
	p.counts.Open.Add(-1)
	c.close()
}

// give gives back a connection that can be used again.
func (p *pool) give(c *conn) { p.leave(c) }

// drop closes a connection that broke, and gives its place back. When it broke by
// itself, not for a call that was given up, all that were opened before are suspect.
func (p *pool) drop(c *conn, byItself bool) {
	p.end(c)
	if byItself {
		p.outdate(c)
	}
	p.leave(nil)
}

func (p *pool) outdated(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.generation < p.generation
}

func (p *pool) outdate(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.generation == p.generation {
		p.generation++
	}
}

// leave gives a place back. Its connection, if it still has one, goes with the place to
// whoever waited longest, or is kept, or is closed as one too many.
func (p *pool) leave(c *conn) {
	p.mu.Lock()
	p.inUse--
	p.counts.InUse.Add(-1)
	if c != nil {
		p.idle = append(p.idle, c)
	}
	p.call()
	surplus := p.surplus()
	p.mu.Unlock()
	p.overflowed(surplus)
}

// call lets in whoever there is a place for. It needs the lock.
func (p *pool) call() {
	for len(p.waiting) > 0 && p.limits.hold(p.inUse) {
		turn := p.waiting[0]
		p.waiting = append(p.waiting[:0], p.waiting[1:]...)
		p.inUse++
		p.counts.InUse.Add(1)
		turn <- p.oldest()
	}
}

// surplus takes out the idle connections that are too many: beyond size, or with those in
// use beyond all there may be, as after limits were lowered. It needs the lock.
func (p *pool) surplus() (all []*conn) {
	for last := len(p.idle) - 1; last >= 0; last-- {
		if last < p.limits.size && (p.limits.overflow < 0 || p.inUse+last < p.limits.size+p.limits.overflow) {
			break
		}
		all, p.idle = append(all, p.idle[last]), p.idle[:last]
	}
	return all
}

func (p *pool) overflowed(surplus []*conn) {
	for _, c := range surplus {
		p.counts.Overflow.Add(1)
		p.end(c)
	}
}

// resize is for settings that change while calls are under way. Those that wait keep the
// time-out they came with.
func (p *pool) resize(l limits) {
	p.mu.Lock()
	p.limits = l
	p.call()
	surplus := p.surplus()
	p.mu.Unlock()
	p.overflowed(surplus)
}

// retire closes what is idle, and from now on each connection that is given back. Calls
// are served on, so that none is lost that began before another pool took over.
func (p *pool) retire() {
	p.mu.Lock()
	l := p.limits
	p.mu.Unlock()
	if l.overflow >= 0 {
		l.overflow += l.size
	}
	l.size = 0
	p.resize(l)
}

// peek is a connection that works, tried if it is not new, if that takes no waiting: nil and
// no error when all places are held.
func (p *pool) peek(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	l := p.limits
	if !l.hold(p.inUse) || len(p.waiting) > 0 {
		p.mu.Unlock()
		return nil, nil
	}
	p.inUse++
	p.counts.InUse.Add(1)
	c := p.oldest()
	p.mu.Unlock()
	l.prePing = true
	c, err := p.fit(ctx, c, l)
	if err != nil {
		p.leave(nil)
	}
	return c, err
}
