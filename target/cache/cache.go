package cache

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// Config is what a cache needs.
type Config struct {
	Settings knobs.Settings
	Counts   *counts.Cache // nil = nobody looks
	Log      *slog.Logger  // nil = silent

	now      func() time.Time // of ages; nil = time.Now
	patience time.Duration    // with a server; 0 = patience
}

// A load gets a value from where it is kept for good.
type load = func(context.Context) ([]byte, error)

// A Cache is the cache of one worker. It is safe for concurrent use.
type Cache struct {
	counts   *counts.Cache
	log      *slog.Logger
	now      func() time.Time
	patience time.Duration
	terms    *terms
	flights  singleflight.Group

	open  context.Context // until Close
	close context.CancelFunc

	applying sync.Mutex // one Apply at a time
	mu       sync.Mutex // of place, and of the users of every place
	place    *place
}

// longestLoad bounds a load whose caller may have gone.
const longestLoad = time.Minute

// New makes a cache. It fails for settings that cannot be; a cache that is down is none.
func New(cfg Config) (*Cache, error) {
	c := &Cache{counts: cfg.Counts, log: cfg.Log, now: cfg.now, patience: cmp.Or(cfg.patience, patience), terms: &terms{}}
	if c.counts == nil {
		c.counts = &counts.Cache{}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.open, c.close = context.WithCancel(context.Background())
	c.place = newPlace(nil, "", "")
	if err := c.Apply(cfg.Settings); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// Get is the value of a key, by load when it is not in the cache. The context of a load
// that others wait for too outlives ctx, with its values and without its deadline.
func (c *Cache) Get(ctx context.Context, key string, load load) (Answer, error) {
	p := c.hold()
	defer c.release(p)
	if p.keeper == nil {
		value, err := load(ctx)
		return Answer{Value: value, How: Bypassed}, err
	}
	begun := time.Now()
	value, seen, err := p.look(ctx, key)
	took := time.Since(begun)
	if err != nil && over(ctx) {
		return Answer{Took: took}, fmt.Errorf("asking the cache: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))
	}
	var f filled
	switch {
	case err != nil:
		f = c.tallied(bypass(ctx, load))
	case value != nil:
		f = c.tallied(filled{value: value, how: Hit})
	case c.terms.lock.Load():
		f = c.join(ctx, key, seen, load)
	default:
		f = c.tallied(p.fill(ctx, key, load))
	}
	c.counts.Took.Add(took + f.took)
	return Answer{Value: f.value, How: f.how, Took: took + f.took}, f.err
}

// tallied counts how a value came. A call that left before its load ended is not counted,
// the load is: misses are loads, whoever still wanted them.
func (c *Cache) tallied(f filled) filled {
	switch f.how {
	case Hit:
		c.counts.Hits.Add(1)
	case Miss:
		c.counts.Misses.Add(1)
	case Coalesced:
		c.counts.Coalesced.Add(1)
	case Bypassed:
		c.counts.Bypassed.Add(1)
	}
	return f
}

// join waits for the one load of a key, which it begins if nobody has. A caller whose
// context ends leaves alone; the load goes on, for the others and for the cache.
func (c *Cache) join(ctx context.Context, key string, seen []byte, load load) filled {
	led := false
	done := c.flights.DoChan(key, func() (any, error) {
		led = true
		return c.lead(context.WithoutCancel(ctx), key, seen, load), nil
	})
	select {
	case <-ctx.Done():
		return filled{err: ctx.Err()}
	case r := <-done:
		f := r.Val.(filled)
		if led {
			return f
		}
		return c.tallied(filled{value: f.value, how: Coalesced, err: f.err})
	}
}

// lead loads for all who wait, by the settings in force now.
func (c *Cache) lead(ctx context.Context, key string, seen []byte, load load) filled {
	ctx, cancel := context.WithTimeout(ctx, longestLoad)
	defer cancel()
	defer context.AfterFunc(c.open, cancel)()
	p := c.hold()
	defer c.release(p)
	// A panic here would end the worker, as no handler stands above it.
	safe := func(ctx context.Context) (value []byte, err error) {
		defer func() {
			if what := recover(); what != nil {
				c.log.Error("a load of the cache panicked", "key", key, "panic", what, "stack", string(debug.Stack()))
				err = fmt.Errorf("loading %s: panic: %v", key, what)
			}
		}()
		return load(ctx)
	}
	if p.keeper == nil {
		return bypass(ctx, safe)
	}
	return c.tallied(p.fillAlone(ctx, key, seen, safe))
}

func bypass(ctx context.Context, load load) filled {
	value, err := load(ctx)
	return filled{value: value, how: Bypassed, err: err}
}

// Drop forgets a key whose value was changed. Whoever asks once it has returned gets no
// older value from this worker; what a load that began before the change brings is not
// kept, as long as cache_lock is on. After an error an older value may be answered
// until its TTL ends.
func (c *Cache) Drop(ctx context.Context, key string) error {
	p := c.hold()
	defer c.release(p)
	// Last: a load that begins until the entry is gone may find that, and nobody shall
	// join it afterwards.
	defer c.flights.Forget(key)
	if p.keeper == nil {
		return nil
	}
	if err := p.drop(ctx, key); err != nil {
		return fmt.Errorf("dropping %s from the cache: %w", key, err)
	}
	return nil
}

// Close ends loads that go on and waits for them. The cache may be asked afterwards, as
// one of kind none.
func (c *Cache) Close() error {
	c.applying.Lock()
	defer c.applying.Unlock()
	c.close()
	old := c.swap(newPlace(nil, "", ""))
	<-old.closed
	return old.err
}
