package documents

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A pool gives places to calls, pool_size + max_overflow of them, in the order in which
// they ask, and counts the connections behind them.
type pool struct {
	places  *semaphore.Weighted // nil = any number
	most    int
	size    int64
	timeout time.Duration
	recycle time.Duration
	counts  *counts.Pool
	open    atomic.Int64
	retired atomic.Bool // connections that close now are no one's overflow
}

func newPool(set knobs.Settings, counted *counts.Pool) *pool {
	p := &pool{size: int64(set.PoolSize), timeout: set.PoolTimeout, recycle: set.PoolRecycle, counts: counted}
	if set.MaxOverflow >= 0 {
		p.most = set.PoolSize + set.MaxOverflow
		p.places = semaphore.NewWeighted(int64(p.most))
	}
	return p
}

// take waits for a place, and says how long.
func (p *pool) take(ctx context.Context) (wait time.Duration, err error) {
	if p.places == nil || p.places.TryAcquire(1) {
		p.counts.InUse.Add(1)
		return 0, nil
	}
	p.counts.Waiting.Add(1)
	defer p.counts.Waiting.Add(-1)
	begun := time.Now()
	patient, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	err = p.places.Acquire(patient, 1)
	wait = time.Since(begun)
	p.counts.Waited(wait)
	switch {
	case err == nil:
		p.counts.InUse.Add(1)
		return wait, nil
	case ctx.Err() != nil:
		return wait, ctx.Err()
	}
	p.counts.Timeouts.Add(1)
	return wait, fmt.Errorf("%w: all %d places were in use for %s (pool_size, max_overflow, pool_timeout)",
		catalogue.ErrPoolTimeout, p.most, p.timeout)
}

func (p *pool) give() {
	p.counts.InUse.Add(-1)
	if p.places != nil {
		p.places.Release(1)
	}
}

func (p *pool) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: time.Minute}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.counts.Dials.Add(1)
	p.counts.Open.Add(1)
	p.open.Add(1)
	return &conn{Conn: c, pool: p, born: time.Now()}, nil
}

// A conn is a connection that is counted.
type conn struct {
	net.Conn
	pool   *pool
	born   time.Time
	broken atomic.Bool
	once   sync.Once
}

// SyscallConn lets the client look whether the other side has closed.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	raw, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("%T is no socket", c.Conn)
	}
	return raw.SyscallConn()
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// Close counts why, which the client knows and does not tell: for age, because it was
// one too many, or, when neither is so and nothing went wrong on it, because it was
// found dead before use.
func (c *conn) Close() error {
	c.once.Do(func() {
		p := c.pool
		open := p.open.Add(-1) + 1
		p.counts.Open.Add(-1)
		switch {
		case p.retired.Load() || c.broken.Load():
		case p.recycle > 0 && time.Since(c.born) >= p.recycle:
			p.counts.Recycled.Add(1)
		case open > p.size:
			p.counts.Overflow.Add(1)
		default:
			p.counts.Stale.Add(1)
		}
	})
	return c.Conn.Close()
}
