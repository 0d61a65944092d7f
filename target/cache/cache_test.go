package cache

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/target/knobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestValuesAreKept(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		c, n := worker(t, k, newClock().now)
		for i, key := range []string{"1", "with spaces\r\n\x00", strings.Repeat("long", 200), "ünï"} {
			for j, value := range []string{"text", "", "\r\nEND\r\n\x00\xff", strings.Repeat("x", 200_000)} {
				l := loads{value: value}
				key := strings.Repeat("'", i*4+j) + key
				got(t, c, key, l.load, value, Miss)
				got(t, c, key, l.load, value, Hit)
				if l.n != 1 {
					t.Errorf("%d loads", l.n)
				}
			}
		}
		if tally(n) != [4]uint64{16, 16, 0, 0} || n.Errors.Load() != 0 || n.Took.Read().Count != 32 {
			t.Errorf("%v, %d errors", tally(n), n.Errors.Load())
		}
	})
}

func TestNoCacheLoads(t *testing.T) {
	c, n := worker(t, kind{settings: knobs.Defaults()}, nil)
	l := loads{value: "v"}
	got(t, c, "a", l.load, "v", Bypassed)
	got(t, c, "a", l.load, "v", Bypassed)
	if l.n != 2 || tally(n) != [4]uint64{} || len(c.Health(t.Context())) != 0 || c.Drop(t.Context(), "a") != nil {
		t.Errorf("%d loads, %v, %v", l.n, tally(n), c.Health(t.Context()))
	}
}

func TestValuesAge(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		at := newClock()
		c, _ := worker(t, k, at.now)
		got(t, c, "a", (&loads{value: "old"}).load, "old", Miss)
		at.pass(k.settings.CacheTTL * 94 / 100)
		got(t, c, "a", (&loads{value: "new"}).load, "old", Hit)
		at.pass(k.settings.CacheTTL * 12 / 100)
		got(t, c, "a", (&loads{value: "new"}).load, "new", Miss)
		at.pass(k.settings.CacheTTL * 94 / 100)
		got(t, c, "a", (&loads{value: "newer"}).load, "new", Hit)
		if err := c.Drop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		got(t, c, "a", (&loads{value: "newest"}).load, "newest", Miss)
	})
}

func TestLifetimesSpreadAroundTheTTL(t *testing.T) {
	var sum time.Duration
	const n = 20_000
	least, most := time.Hour, time.Duration(0)
	for i := range n {
		d := lifetime(time.Second, "key", time.Unix(0, int64(i)*1000))
		sum, least, most = sum+d, min(least, d), max(most, d)
	}
	if mean := sum / n; mean < 999*time.Millisecond || mean > 1001*time.Millisecond {
		t.Errorf("the mean is %s", mean)
	}
	if least < 950*time.Millisecond || most > 1050*time.Millisecond || most-least < 99*time.Millisecond || most > longest(time.Second) {
		t.Errorf("from %s to %s", least, most)
	}
}

func TestFailedLoadsAreNotKept(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		c, n := worker(t, k, newClock().now)
		broken := errors.New("broken")
		if a, err := c.Get(t.Context(), "a", (&loads{err: broken}).load); !errors.Is(err, broken) || a.How != Miss {
			t.Errorf("%v, %v", a, err)
		}
		got(t, c, "a", (&loads{value: "v"}).load, "v", Miss)
		if tally(n) != [4]uint64{0, 2, 0, 0} {
			t.Error(tally(n))
		}
	})
}

func TestGarbageIsAMiss(t *testing.T) {
	ofShared(t, func(t *testing.T, k kind) {
		for what, change := range map[string]func(string) string{
			"cut off":         func(raw string) string { return raw[:len(raw)-1] },
			"head only":       func(raw string) string { return raw[:5] },
			"empty":           func(string) string { return "" },
			"another version": func(raw string) string { return "\x21" + raw[1:] },
			"one bit":         func(raw string) string { return raw[:14] + string(raw[14]^1) + raw[15:] },
			"another's":       func(string) string { return `{"some":"json, long enough"}` },
		} {
			t.Run(what, func(t *testing.T) {
				c, n := worker(t, k, nil)
				got(t, c, what, (&loads{value: "value"}).load, "value", Miss)
				k.spoil(what, change)
				got(t, c, what, (&loads{value: "again"}).load, "again", Miss)
				got(t, c, what, (&loads{}).load, "again", Hit)
				if n.Errors.Load() != 0 {
					t.Errorf("%d errors", n.Errors.Load())
				}
			})
		}
	})
}

func TestWithoutLockEveryCallLoads(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		k.settings.CacheLock = false
		c, n := worker(t, k, nil)
		var in, out sync.WaitGroup
		in.Add(3)
		for range 3 {
			out.Go(func() {
				_, _ = c.Get(t.Context(), "a", func(context.Context) ([]byte, error) {
					in.Done()
					in.Wait() // until all three load
					return []byte("v"), nil
				})
			})
		}
		out.Wait()
		got(t, c, "a", nil, "v", Hit)
		if tally(n) != [4]uint64{1, 3, 0, 0} {
			t.Error(tally(n))
		}
	})
}

func TestURLsAreCheckedWithoutTellingPasswords(t *testing.T) {
	s := knobs.Defaults()
	s.Cache, s.CacheURL = "redis", "redis://:secret@127.0.0.1:1/notanumber"
	_, err := New(Config{Settings: s})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.HasPrefix(err.Error(), "cache_url: must be like redis://") {
		t.Error(err)
	}
	all, err := memcachedAddresses("memcached://a,b:2")
	if err != nil || strings.Join(all, " ") != "a:11211 b:2" {
		t.Errorf("%v, %v", all, err)
	}
}
