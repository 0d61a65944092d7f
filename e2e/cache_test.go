//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/cache"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A cached is the caches of four workers that share a server.
type cached struct {
	workers []*cache.Cache
	counts  []*counts.Cache
	loads   []string // keys, in the order in which they were loaded
	mu      sync.Mutex
}

func cachedBy(t *testing.T, kind, address string, ttl time.Duration) *cached {
	t.Helper()
	s, err := knobs.Defaults().With(map[string]string{"cache": kind, "cache_url": kind + "://" + address, "cache_ttl": ttl.String()})
	if err != nil {
		t.Fatal(err)
	}
	c := &cached{}
	for range 4 {
		n := &counts.Cache{}
		one, err := cache.New(cache.Config{Settings: s, Counts: n})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = one.Close() })
		c.workers, c.counts = append(c.workers, one), append(c.counts, n)
	}
	return c
}

// ask asks one of the workers; what is loaded is the key itself.
func (c *cached) ask(worker int, key string) (cache.Answer, error) {
	a, err := c.workers[worker].Get(context.Background(), key, func(context.Context) ([]byte, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.loads = append(c.loads, key)
		return []byte(key), nil
	})
	if err == nil && string(a.Value) != key {
		err = fmt.Errorf("%s: got %q", key, a.Value)
	}
	return a, err
}

// sum is what the four counted.
func (c *cached) sum() (hits, misses, coalesced, bypassed, failed uint64) {
	for _, n := range c.counts {
		hits, misses, coalesced = hits+n.Hits.Load(), misses+n.Misses.Load(), coalesced+n.Coalesced.Load()
		bypassed, failed = bypassed+n.Bypassed.Load(), failed+n.Errors.Load()
	}
	return hits, misses, coalesced, bypassed, failed
}

// onBoth runs a test with a server of each kind.
func onBoth(t *testing.T, test func(t *testing.T, kind string, server *daemon)) {
	t.Run("redis", func(t *testing.T) { test(t, "redis", redisServer(t)) })
	t.Run("memcached", func(t *testing.T) { test(t, "memcached", memcachedServer(t)) })
}

// zipfKeys draws keys by their popularity.
func zipfKeys(p cache.Popularity, seed uint64) func() string {
	r, upTo, sum := rand.New(rand.NewPCG(seed, 4)), make([]float64, len(p)), 0.0
	for k, share := range p {
		sum += share
		upTo[k] = sum
	}
	return func() string {
		k, _ := slices.BinarySearch(upTo, r.Float64())
		return fmt.Sprint(min(k, len(p)-1))
	}
}

// Each key is loaded once, whichever worker is asked for it, and however many at a time.
func TestCacheMissesAreTheDistinctKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, kind string, server *daemon) {
		p, round := cache.Zipf(5000, 1), 0
		again(t, func() (disturbed []string) {
			round++
			const requests = 20_000
			c, draw, distinct := cachedBy(t, kind, server.address, time.Hour), zipfKeys(p, 1), map[string]bool{}
			keys := make(chan string)
			var asking sync.WaitGroup
			for i := range 32 {
				asking.Go(func() {
					for key := range keys {
						if _, err := c.ask(i%4, key); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for range requests {
				key := fmt.Sprint(round, "/", draw())
				distinct[key] = true
				keys <- key
			}
			close(keys)
			asking.Wait()
			hits, misses, coalesced, bypassed, failed := c.sum()
			if failed > 0 {
				return []string{fmt.Sprintf("%d calls of the cache had no answer in time", failed)}
			}
			if misses != uint64(len(distinct)) || len(c.loads) != len(distinct) || hits+coalesced != uint64(requests-len(distinct)) || bypassed > 0 {
				t.Errorf("%d distinct keys: %d hits, %d misses, %d coalesced, %d bypassed, %d loads",
					len(distinct), hits, misses, coalesced, bypassed, len(c.loads))
			}
			if want := p.Distinct(requests); math.Abs(float64(misses)/want-1) > 0.02 {
				t.Errorf("%d misses, computed %.0f", misses, want)
			}
			return nil
		})
	})
}

// The ratio under a TTL is the computed one, for Zipf ids and Poisson arrivals, by the
// clocks of real servers.
func TestCacheHitRatioIsTheComputedOne(t *testing.T) {
	onBoth(t, func(t *testing.T, kind string, server *daemon) {
		t.Parallel()
		const ttl, rate, warm, requests = time.Second, 1000.0, 3000, 8000
		p, round := cache.Zipf(500, 1), 0
		again(t, func() (disturbed []string) {
			round++
			c, draw := cachedBy(t, kind, server.address, ttl), zipfKeys(p, uint64(round))
			r, due, latest := rand.New(rand.NewPCG(uint64(round), 5)), time.Now(), time.Duration(0)
			var asking sync.WaitGroup
			var hitsBefore uint64
			var begun time.Time
			for i := range warm + requests {
				if i == warm {
					begun = time.Now()
					hitsBefore, _, _, _, _ = c.sum()
				}
				due = due.Add(time.Duration(r.ExpFloat64() / rate * float64(time.Second)))
				time.Sleep(time.Until(due))
				latest = max(latest, time.Since(due))
				key := fmt.Sprint(round, "/", draw())
				asking.Go(func() {
					if _, err := c.ask(i%4, key); err != nil {
						t.Error(err)
					}
				})
			}
			real := requests / time.Since(begun).Seconds()
			asking.Wait()
			hits, _, coalesced, bypassed, failed := c.sum()
			ratio, want := float64(hits-hitsBefore)/requests, p.Aged(real, ttl, 0)
			t.Logf("%d %d/s: %.4f, computed %.4f, at most %s late, %d coalesced, %d bypassed, %d errors", requests, int(real), ratio, want, latest, coalesced, bypassed, failed)
			if latest > ttl/10 || failed > 0 || coalesced > requests/200 { // which is as long loads
				return []string{fmt.Sprintf("requests were up to %s late, %d coalesced, %d errors", latest, coalesced, failed)}
			}
			if math.Abs(ratio/want-1) > 0.02 {
				t.Errorf("hit ratio %.4f, computed %.4f", ratio, want)
			}
			return nil
		})
	})
}

// A server that is killed, started again, and one that stands still: no request fails,
// and the cache is used again.
func TestCacheDownAndUpAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, kind string, server *daemon) {
		t.Parallel()
		c := cachedBy(t, kind, server.address, time.Hour)
		expect := func(key string, ways ...cache.How) {
			t.Helper()
			for worker := range 4 {
				if a, err := c.ask(worker, key); err != nil || !slices.Contains(ways, a.How) {
					t.Errorf("%s: %s, %v; not %v", key, a.How, err, ways)
				}
			}
		}
		used := func() {
			t.Helper()
			eventually(t, 20*time.Second, "the cache is used again", func() bool {
				for _, one := range c.workers {
					if !one.Health(t.Context())[0].OK {
						return false
					}
				}
				return true
			})
		}
		expect("a", cache.Miss, cache.Hit)
		server.kill()
		for range 50 {
			expect("a", cache.Bypassed)
		}
		for _, one := range c.workers {
			if h := one.Health(t.Context()); h[0].OK || h[0].Detail == "" {
				t.Errorf("%+v", h)
			}
		}
		server.again(t)
		used()
		expect("b", cache.Miss, cache.Hit)
		server.stop(t)
		for range 50 {
			expect("b", cache.Bypassed)
		}
		server.signal(syscall.SIGCONT)
		used()
		expect("b", cache.Hit)
		if _, _, _, bypassed, failed := c.sum(); bypassed != 400 || failed > 40 {
			t.Errorf("%d bypassed, %d errors", bypassed, failed)
		}
	})
}

// The lease of a worker that does not come back ends, and another loads.
func TestCacheOwnerDies(t *testing.T) {
	onBoth(t, func(t *testing.T, kind string, server *daemon) {
		t.Parallel()
		c, begun := cachedBy(t, kind, server.address, time.Hour), make(chan struct{})
		go func() {
			_, _ = c.workers[0].Get(t.Context(), "key", func(ctx context.Context) ([]byte, error) {
				close(begun)
				<-ctx.Done() // until the test is over
				return nil, ctx.Err()
			})
		}()
		<-begun
		var asking sync.WaitGroup
		for worker := 1; worker < 4; worker++ {
			asking.Go(func() {
				if _, err := c.ask(worker, "key"); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		if len(c.loads) != 1 {
			hits, misses, coalesced, bypassed, failed := c.sum()
			t.Errorf("%d loads by three workers that outlived the first: %d hits, %d misses, %d coalesced, %d bypassed, %d errors",
				len(c.loads), hits, misses, coalesced, bypassed, failed)
		}
	})
}
