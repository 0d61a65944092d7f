package cache

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func TestADeadCacheIsDoneWithout(t *testing.T) {
	m := miniredis.RunT(t)
	c, n := worker(t, kind{settings: settings(t, map[string]string{"cache": "redis", "cache_url": "redis://" + m.Addr()})}, nil)
	got(t, c, "a", (&loads{value: "v"}).load, "v", Miss)
	m.Close()
	for range 20 {
		got(t, c, "a", (&loads{value: "direct"}).load, "direct", Bypassed)
	}
	if e := n.Errors.Load(); e != tolerated || n.Bypassed.Load() != 20 {
		t.Errorf("%d errors, %d bypassed", e, n.Bypassed.Load())
	}
	if err := c.Drop(t.Context(), "b"); err == nil || !strings.HasPrefix(err.Error(), "dropping b from the cache: ") {
		t.Error(err)
	}
	if h := c.Health(t.Context()); len(h) != 1 || h[0].OK || !strings.Contains(h[0].Detail, "values are loaded without it") {
		t.Errorf("%+v", h)
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	within(t, "it is asked again", func() bool { return c.Health(t.Context())[0].OK })
	got(t, c, "a", nil, "v", Hit) // miniredis keeps what it had
}

func TestASilentCacheCostsThreeTimeouts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, kindOf := range []string{"redis", "memcached"} {
		t.Run(kindOf, func(t *testing.T) {
			c, n := worker(t, kind{settings: settings(t, map[string]string{"cache": kindOf, "cache_url": kindOf + "://" + l.Addr().String()}),
				patience: patience}, nil)
			slow := 0
			for range 100 {
				a, err := c.Get(t.Context(), "a", (&loads{value: "v"}).load)
				if err != nil || a.How != Bypassed {
					t.Fatal(a, err)
				}
				if a.Took >= patience {
					slow++
				}
			}
			if n.Errors.Load() != tolerated || slow > tolerated {
				t.Errorf("%d errors, %d slow", n.Errors.Load(), slow)
			}
		})
	}
}

// Callers without patience are no reason to leave a cache alone.
func TestCallersWhoLeaveAreNoFailures(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, n := worker(t, kind{settings: settings(t, map[string]string{"cache": "redis", "cache_url": "redis://" + l.Addr().String()})}, nil)
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := c.Get(ctx, "a", (&loads{}).load); err == nil {
			t.Error("an answer in time")
		}
		cancel()
	}
	if n.Errors.Load() != 0 {
		t.Errorf("%d errors", n.Errors.Load())
	}
}

func TestAnswersOfTheServerAreNoReasonToLeaveIt(t *testing.T) {
	m := miniredis.RunT(t)
	c, n := worker(t, kind{settings: settings(t, map[string]string{"cache": "redis", "cache_url": "redis://" + m.Addr()})}, nil)
	m.SetError("OOM command not allowed")
	for range 10 {
		got(t, c, "a", (&loads{value: "v"}).load, "v", Bypassed)
	}
	m.SetError("")
	got(t, c, "a", (&loads{value: "v"}).load, "v", Miss)
	if n.Errors.Load() != 10 {
		t.Errorf("%d errors", n.Errors.Load())
	}
}

func TestOneDeadServerOfSeveral(t *testing.T) {
	alive := newFakeMemcached(t)
	c, n := worker(t, kind{settings: settings(t, map[string]string{"cache": "memcached", "cache_url": "memcached://" + alive.address + ",127.0.0.1:1"})}, nil)
	kept := 0
	for i := range 200 {
		key := fmt.Sprint(i)
		if _, err := c.Get(t.Context(), key, (&loads{value: key}).load); err != nil {
			t.Fatal(err)
		}
		if a, err := c.Get(t.Context(), key, (&loads{value: key}).load); err != nil {
			t.Fatal(err)
		} else if a.How == Hit {
			kept++
		}
	}
	if kept < 70 || kept > 130 || n.Errors.Load() != tolerated {
		t.Errorf("%d of 200 kept, %d errors", kept, n.Errors.Load())
	}
	h := c.Health(t.Context())
	if len(h) != 2 || !h[0].OK || h[1].OK || h[1].Name != "cache2" {
		t.Errorf("%+v", h)
	}
}

func TestSettingsChangeUnderLoad(t *testing.T) {
	c, n := worker(t, memoryKind(t), nil)
	kinds := []kind{memoryKind(t), redisKind(t), memcachedKind(t), {settings: settings(t, nil)}}
	ctx, stop := context.WithCancel(t.Context())
	var out sync.WaitGroup
	for range 8 {
		out.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprint(i % 50)
				a, err := c.Get(t.Context(), key, (&loads{value: key}).load)
				if err != nil || string(a.Value) != key {
					t.Errorf("%s: %q, %v", key, a.Value, err)
				}
			}
		})
	}
	for i := range 60 {
		before := n.Took.Read().Count
		if err := c.Apply(kinds[i%len(kinds)].settings); err != nil {
			t.Error(err)
		}
		if i%len(kinds) != 3 {
			within(t, "calls go on", func() bool { return n.Took.Read().Count > before+20 })
		}
	}
	stop()
	out.Wait()
	if n.Errors.Load() != 0 || n.Bypassed.Load() != 0 {
		t.Errorf("%d errors, %d bypassed", n.Errors.Load(), n.Bypassed.Load())
	}
}

func TestALowerTTLAndSizeHoldAtOnce(t *testing.T) {
	at := newClock()
	k := memoryKind(t)
	c, n := worker(t, k, at.now)
	for i := range 100 {
		key := fmt.Sprint(i)
		got(t, c, key, (&loads{value: key}).load, key, Miss)
	}
	if n.Entries.Load() != 100 {
		t.Errorf("%d entries", n.Entries.Load())
	}
	at.pass(5 * time.Second)
	got(t, c, "1", nil, "1", Hit)
	k.settings.CacheTTL = time.Second
	if err := c.Apply(k.settings); err != nil {
		t.Fatal(err)
	}
	got(t, c, "1", (&loads{value: "new"}).load, "new", Miss)
	k.settings.CacheSize = 10
	if err := c.Apply(k.settings); err != nil {
		t.Fatal(err)
	}
	within(t, "the cache shrinks", func() bool { return n.Entries.Load() <= 10 && n.Evicted.Load() >= 90 })
	k.settings.Cache = "none"
	if err := c.Apply(k.settings); err != nil {
		t.Fatal(err)
	}
	if n.Entries.Load() != 0 {
		t.Errorf("%d entries of no cache", n.Entries.Load())
	}
}

func TestCloseEndsLoads(t *testing.T) {
	c, _ := worker(t, redisKind(t), nil)
	g := newGate()
	failed := make(chan error)
	go func() {
		_, err := c.Get(context.WithoutCancel(t.Context()), "key", g.load)
		failed <- err
	}()
	<-g.begun
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	if err := <-failed; err == nil {
		t.Error("the load went on")
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := c.Apply(memoryKind(t).settings); err == nil {
		t.Error("settings of a closed cache")
	}
}

// A client that cannot be interrupted would ask for a lease without pause until that ends.
func TestCloseEndsTheWaitForALease(t *testing.T) {
	m := newFakeMemcached(t)
	k := kind{settings: settings(t, map[string]string{"cache": "memcached", "cache_url": "memcached://" + m.address})}
	c, _ := worker(t, k, nil)
	m.records[plain("key")] = fakeRecord{value: string(newLease(time.Now().Add(time.Hour)))}
	failed := make(chan error)
	go func() {
		_, err := c.Get(context.WithoutCancel(t.Context()), "key", func(ctx context.Context) ([]byte, error) { return nil, ctx.Err() })
		failed <- err
	}()
	within(t, "it waits for the lease", func() bool { return m.asked.Load() > 3 })
	before := m.asked.Load()
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	if err := <-failed; err == nil {
		t.Error("a value of a closed cache")
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if more := m.asked.Load() - before; more > 100 {
		t.Errorf("it asked %d times after its end", more)
	}
}
