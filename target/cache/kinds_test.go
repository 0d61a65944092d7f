package cache

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A clock stands until it is told to go on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A kind is one that the tests speak to, with a server of its own where it has one.
type kind struct {
	settings knobs.Settings
	// spoil changes what stands under a key in a server.
	spoil func(key string, change func(raw string) string)
	// patience is 0 for one that a busy machine does not wear out.
	patience time.Duration
}

func settings(t *testing.T, values map[string]string) knobs.Settings {
	t.Helper()
	s, err := knobs.Defaults().With(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func memoryKind(t *testing.T) kind {
	return kind{settings: settings(t, map[string]string{"cache": "memory"})}
}

func redisKind(t *testing.T) kind {
	m := miniredis.RunT(t)
	return kind{settings: settings(t, map[string]string{"cache": "redis", "cache_url": "redis://" + m.Addr()}),
		spoil: func(key string, change func(string) string) {
			raw, _ := m.Get(prefix + key)
			m.Set(prefix+key, change(raw))
		}}
}

func memcachedKind(t *testing.T) kind {
	m := newFakeMemcached(t)
	return kind{settings: settings(t, map[string]string{"cache": "memcached", "cache_url": "memcached://" + m.address}),
		spoil: func(key string, change func(string) string) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.cas++
			m.records[plain(key)] = fakeRecord{change(m.records[plain(key)].value), m.cas}
		}}
}

// ofEach runs a test with every kind that keeps something.
func ofEach(t *testing.T, test func(t *testing.T, k kind)) {
	t.Run("memory", func(t *testing.T) { test(t, memoryKind(t)) })
	ofShared(t, test)
}

// ofShared runs it with those that workers share.
func ofShared(t *testing.T, test func(t *testing.T, k kind)) {
	t.Run("redis", func(t *testing.T) { test(t, redisKind(t)) })
	t.Run("memcached", func(t *testing.T) { test(t, memcachedKind(t)) })
}

// worker is the cache of one worker, and its counts.
func worker(t *testing.T, k kind, now func() time.Time) (*Cache, *counts.Cache) {
	t.Helper()
	n := &counts.Cache{}
	c, err := New(Config{Settings: k.settings, Counts: n, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), now: now,
		patience: cmp.Or(k.patience, 30*time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, n
}

// loads is a load of a value that counts.
type loads struct {
	mu    sync.Mutex
	n     int
	value string
	err   error
}

func (l *loads) load(context.Context) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return []byte(l.value), l.err
}

// got asks and compares what comes.
func got(t *testing.T, c *Cache, key string, load load, value string, how How) {
	t.Helper()
	a, err := c.Get(t.Context(), key, load)
	if err != nil || string(a.Value) != value || a.How != how {
		t.Errorf("%q: %q, %s, %v; not %q, %s", key, a.Value, a.How, err, value, how)
	}
}

// tally is what was counted: hits, misses, coalesced, bypassed.
func tally(n *counts.Cache) [4]uint64 {
	return [4]uint64{n.Hits.Load(), n.Misses.Load(), n.Coalesced.Load(), n.Bypassed.Load()}
}
