package cache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"
)

// A drawing draws keys by their popularity.
type drawing struct {
	rand *rand.Rand
	upTo []float64
}

func draw(p Popularity, seed uint64) *drawing {
	d := &drawing{rand.New(rand.NewPCG(seed, 1)), make([]float64, len(p))}
	var sum float64
	for k, share := range p {
		sum += share
		d.upTo[k] = sum
	}
	return d
}

func (d *drawing) key() string {
	u := d.rand.Float64()
	return fmt.Sprint(min(sort.SearchFloat64s(d.upTo, u), len(d.upTo)-1))
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	t.Logf("%s: %.4f, computed %.4f", what, got, want)
	if math.Abs(got/want-1) > by {
		t.Errorf("%s: %.4f, not %.4f within %g %%", what, got, want, 100*by)
	}
}

// By ages alone the ratio is the computed one, however popularity is spread: within 2 %.
func TestHitRatioOfAgesIsTheComputedOne(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		const rate = 500
		k.settings.CacheTTL = 3 * time.Second
		requests, warm, exponents := 120_000, 20_000, []float64{0.8, 1.1}
		if k.settings.Cache != "memory" {
			requests, warm, exponents = 12_000, 4000, exponents[1:] // sockets take their time
		}
		if testing.Short() {
			requests, warm = 12_000, 4000
		}
		for _, exponent := range exponents {
			at := newClock()
			c, n := worker(t, k, at.now)
			p := Zipf(2000, exponent)
			d := draw(p, 7)
			var before uint64
			for i := range requests {
				if i == warm {
					before = n.Hits.Load()
				}
				at.pass(time.Duration(d.rand.ExpFloat64() / rate * float64(time.Second)))
				if _, err := c.Get(t.Context(), fmt.Sprint(exponent, d.key()), (&loads{}).load); err != nil {
					t.Fatal(err)
				}
			}
			hits := float64(n.Hits.Load()-before) / float64(requests-warm)
			near(t, fmt.Sprintf("Zipf %g", exponent), hits, p.Aged(rate, k.settings.CacheTTL, 0), 0.02)
		}
	})
}

func TestColdMissesAreTheDistinctKeys(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		p := Zipf(3000, 1)
		c, n := worker(t, k, newClock().now)
		d, distinct := draw(p, 3), map[string]bool{}
		const requests = 5000
		for range requests {
			key := d.key()
			distinct[key] = true
			if _, err := c.Get(t.Context(), key, (&loads{}).load); err != nil {
				t.Fatal(err)
			}
		}
		if n.Misses.Load() != uint64(len(distinct)) || n.Hits.Load() != uint64(requests-len(distinct)) {
			t.Errorf("%v of %d distinct keys", tally(n), len(distinct))
		}
		near(t, "distinct keys", float64(len(distinct)), p.Distinct(requests), 0.02)
	})
}

// What size alone leaves has no formula for W-TinyLFU, which knows popularity from the
// requests of late only, and by chance from fewer when they are many: it is better than
// LRU, and comes near to what is best.
func TestHitRatioOfALimitedSizeIsBetweenLRUAndTheBest(t *testing.T) {
	for _, test := range []struct {
		exponent float64
		size     int
		near     float64 // as a part of the best, at least
	}{{0.8, 1000, 0.85}, {1, 100, 0.8}, {1, 1000, 0.9}, {1.2, 1000, 0.95}} {
		k := memoryKind(t)
		k.settings.CacheSize = test.size
		c, n := worker(t, k, newClock().now)
		p := Zipf(10_000, test.exponent)
		d := draw(p, 5)
		const warm, requests = 30_000, 60_000
		var before uint64
		for i := range warm + requests {
			if i == warm {
				before = n.Hits.Load()
			}
			if _, err := c.Get(t.Context(), d.key(), (&loads{}).load); err != nil {
				t.Fatal(err)
			}
		}
		hits, best, lru := float64(n.Hits.Load()-before)/requests, p.Best(test.size), p.Recent(test.size)
		t.Logf("Zipf %g, %d entries: %.4f; LRU %.4f, best %.4f", test.exponent, test.size, hits, lru, best)
		if hits < lru || hits < test.near*best || hits > best*1.01 {
			t.Errorf("Zipf %g, %d entries: %.4f is not between LRU (%.4f) and the best (%.4f)", test.exponent, test.size, hits, lru, best)
		}
	}
}

func TestFormulas(t *testing.T) {
	if p := Zipf(3, 1); math.Abs(p[0]-6./11) > 1e-12 || math.Abs(p[2]-2./11) > 1e-12 {
		t.Error(p)
	}
	one := Popularity{1}
	if h := one.Aged(4, time.Second, 0); math.Abs(h-0.8) > 1e-12 {
		t.Error(h) // a load, then four hits
	}
	if h := one.Aged(4, time.Second, 250*time.Millisecond); math.Abs(h-4./6) > 1e-12 {
		t.Error(h) // a load, one that waits, four hits
	}
	even := Popularity{0.25, 0.25, 0.25, 0.25}
	if b, r := even.Best(1), even.Recent(2); b != 0.25 || math.Abs(r-0.5) > 1e-3 || even.Recent(4) != 1 || even.Best(9) != 1 {
		t.Error(b, r)
	}
	if n := even.Distinct(2); math.Abs(n-1.75) > 1e-12 {
		t.Error(n)
	}
}
