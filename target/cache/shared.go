package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/knobs"
)

// shared keeps values in servers that all workers ask.
type shared struct {
	servers []*server
	terms   *terms
	now     func() time.Time
}

func newShared(s knobs.Settings, c *Cache) (*shared, error) {
	all := &shared{terms: c.terms, now: c.now}
	if s.Cache == "redis" {
		r, address, err := newRedis(s.CacheURL, c.patience)
		if err != nil {
			return nil, err
		}
		all.servers = []*server{newServer("cache", address, r, c)}
		return all, nil
	}
	addresses, err := memcachedAddresses(s.CacheURL)
	for i, address := range addresses {
		name := "cache"
		if len(addresses) > 1 {
			name = fmt.Sprintf("cache%d", i+1)
		}
		all.servers = append(all.servers, newServer(name, address, newMemcached(address, c.patience), c))
	}
	return all, err
}

func memcachedAddresses(text string) (all []string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, errors.New("cache_url: must be like memcached://HOST:PORT[,HOST:PORT]")
	}
	for _, address := range strings.Split(u.Host, ",") {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(strings.Trim(address, "[]"), "11211")
		}
		all = append(all, address)
	}
	return all, nil
}

// of is the server of a key: the one with the highest hash of both (rendezvous hashing),
// so that a server more or less moves only the keys that it has.
func (s *shared) of(key string) *server {
	return slices.MaxFunc(s.servers, func(a, b *server) int { return cmp.Compare(weight(a.address, key), weight(b.address, key)) })
}

func weight(address, key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(address))
	h.Write([]byte{0})
	h.Write([]byte(key))
	return mix(h.Sum64())
}

func (s *shared) look(ctx context.Context, key string) (value, seen []byte, err error) {
	if seen, err = s.of(key).get(ctx, key); err != nil {
		return nil, nil, err
	}
	return s.value(key, seen), seen, nil
}

// value is that of a record that may be used; nil otherwise.
func (s *shared) value(key string, raw []byte) []byte {
	r, ok := parse(raw)
	if ok && r.kind == valueKind && s.now().Sub(r.at) < lifetime(s.terms.TTL(), key, r.at) {
		return r.body
	}
	return nil
}

func (s *shared) fill(ctx context.Context, key string, load load) filled {
	f := filled{how: Miss}
	if f.value, f.err = load(ctx); f.err != nil {
		return f
	}
	begun := time.Now()
	raw := record{valueKind, s.now(), f.value}.bytes()
	_ = s.of(key).put(ctx, key, raw, longest(s.terms.TTL())) // counted; the value is there all the same
	f.took = time.Since(begun)
	return f
}

func (s *shared) drop(ctx context.Context, key string) error { return s.of(key).drop(ctx, key) }

func (s *shared) resize(int) {} // it is the servers' own

func (s *shared) health(ctx context.Context) []catalogue.Health {
	all := make([]catalogue.Health, len(s.servers))
	var asked sync.WaitGroup
	for i, one := range s.servers {
		asked.Go(func() { all[i] = one.health(ctx) })
	}
	asked.Wait()
	return all
}

func (s *shared) close() error {
	var errs []error
	for _, one := range s.servers {
		errs = append(errs, one.close())
	}
	return errors.Join(errs...)
}

// leased says whether a record is a lease that holds.
func (s *shared) leased(raw []byte) bool {
	r, ok := parse(raw)
	return ok && r.kind == leaseKind && s.now().Before(r.at)
}
