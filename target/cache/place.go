package cache

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/knobs"
)

// A keeper is where values are kept.
type keeper interface {
	// look is the value of a key; nil when there is none that may be used. seen is what
	// was found in its place, for fillAlone. An error means that it could not be asked.
	look(ctx context.Context, key string) (value, seen []byte, err error)
	// fill loads a value and keeps it.
	fill(ctx context.Context, key string, load load) filled
	// fillAlone does the same unless another load of the key goes on, for which it
	// waits. In one worker it is not called twice at a time for a key.
	fillAlone(ctx context.Context, key string, seen []byte, load load) filled
	drop(ctx context.Context, key string) error
	resize(entries int)
	health(ctx context.Context) []catalogue.Health
	close() error
}

// terms are the settings that a keeper reads anew each time.
type terms struct {
	ttl  atomic.Int64
	lock atomic.Bool
}

func (t *terms) TTL() time.Duration { return time.Duration(t.ttl.Load()) }

// A place is a keeper, or none, and how many calls are using it: another may take its
// place at any time, and it is closed when the last of its users has gone.
type place struct {
	keeper
	kind, url string
	users     int // those that hold it, and one more while it is in force
	closed    chan struct{}
	err       error // of closing it
}

func newPlace(k keeper, kind, url string) *place {
	return &place{keeper: k, kind: kind, url: url, users: 1, closed: make(chan struct{})}
}

// hold is the place in force. It must be released.
func (c *Cache) hold() *place {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.place.users++
	return c.place
}

func (c *Cache) release(p *place) {
	c.mu.Lock()
	p.users--
	last := p.users == 0
	c.mu.Unlock()
	if !last {
		return
	}
	if p.keeper != nil {
		p.err = p.keeper.close()
	}
	close(p.closed)
}

// swap puts another place into force and returns the one before.
func (c *Cache) swap(p *place) (old *place) {
	c.mu.Lock()
	old, c.place = c.place, p
	c.mu.Unlock()
	c.release(old)
	return old
}

// Apply changes the settings while calls are under way. Those finish with the cache that
// they asked; a memory cache that stays keeps its entries. A lower TTL holds for entries
// that are there, a higher one for new ones.
func (c *Cache) Apply(s knobs.Settings) error {
	c.applying.Lock()
	defer c.applying.Unlock()
	if c.open.Err() != nil {
		return errClosed
	}
	next, err := c.placeOf(s)
	if err != nil {
		return err
	}
	c.terms.ttl.Store(int64(s.CacheTTL))
	c.terms.lock.Store(s.CacheLock)
	switch {
	case next != nil:
		c.swap(next)
	case c.place.keeper != nil:
		c.place.resize(s.CacheSize)
	}
	return nil
}

// placeOf is what must come into force; nil when that is there already.
func (c *Cache) placeOf(s knobs.Settings) (*place, error) {
	url := s.CacheURL
	if s.Cache == "none" || s.Cache == "memory" {
		url = "" // it says nothing, and a change of it costs no entries
	}
	if c.place.kind == s.Cache && c.place.url == url {
		return nil, nil
	}
	k, err := c.newKeeper(s)
	if err != nil {
		return nil, err
	}
	return newPlace(k, s.Cache, url), nil
}

func (c *Cache) newKeeper(s knobs.Settings) (keeper, error) {
	switch s.Cache {
	case "memory":
		return newMemory(s.CacheSize, c), nil
	case "redis", "memcached":
		return newShared(s, c)
	}
	return nil, nil
}

// Health is the state of each server of the cache; of a cache in memory, how full it is.
func (c *Cache) Health(ctx context.Context) []catalogue.Health {
	p := c.hold()
	defer c.release(p)
	if p.keeper == nil {
		return nil
	}
	return p.health(ctx)
}
