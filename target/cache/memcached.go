package cache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

// A memcachedClient keeps each record under a key of its own. The server knows whole
// seconds: it forgets a record one to two seconds after its end, which the record says
// itself.
type memcachedClient struct{ client *memcache.Client }

// An address is that of the one server of a client: it is resolved when it is dialled,
// so that a name that cannot be resolved now is a cache that is down.
type address string

func (a address) Network() string                      { return "tcp" }
func (a address) String() string                       { return string(a) }
func (a address) PickServer(string) (net.Addr, error)  { return a, nil }
func (a address) Each(each func(net.Addr) error) error { return each(a) }

func newMemcached(at string, patience time.Duration) *memcachedClient {
	m := &memcachedClient{memcache.NewFromSelector(address(at))}
	m.client.Timeout, m.client.MaxIdleConns = patience, idleConns
	return m
}

// plain is a key as memcached takes it: at most 250 bytes, none of them a space or a
// control character. Others are hashed.
func plain(key string) string {
	bad := func(r rune) bool { return r <= ' ' || r == 0x7f }
	if len(prefix)+len(key) <= 250 && !strings.ContainsFunc(key, bad) {
		return prefix + key
	}
	sum := sha256.Sum256([]byte(key))
	return prefix + "sha256:" + hex.EncodeToString(sum[:])
}

func (m *memcachedClient) get(_ context.Context, key string) ([]byte, error) {
	item, err := m.client.Get(plain(key))
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return whole(item.Value), nil
}

func (m *memcachedClient) put(_ context.Context, key string, raw []byte, keep time.Duration) error {
	return m.client.Set(&memcache.Item{Key: plain(key), Value: raw, Expiration: seconds(keep)})
}

func (m *memcachedClient) swap(_ context.Context, key string, old, raw []byte, keep time.Duration) (bool, error) {
	if old == nil {
		return done(m.client.Add(&memcache.Item{Key: plain(key), Value: raw, Expiration: seconds(keep)}))
	}
	item, err := m.client.Get(plain(key))
	if err != nil {
		return done(err)
	}
	if !bytes.Equal(item.Value, old) {
		return false, nil
	}
	item.Value, item.Expiration = raw, seconds(keep)
	return done(m.client.CompareAndSwap(item))
}

// done says whether a conditional command was carried out.
func done(err error) (bool, error) {
	switch {
	case errors.Is(err, memcache.ErrNotStored), errors.Is(err, memcache.ErrCASConflict), errors.Is(err, memcache.ErrCacheMiss):
		return false, nil
	}
	return err == nil, err
}

// seconds are enough of them, whenever in a second of its own the server begins.
func seconds(d time.Duration) int32 { return int32((d+time.Second-1)/time.Second) + 1 }

func (m *memcachedClient) drop(_ context.Context, key string) error {
	if err := m.client.Delete(plain(key)); err != nil && !errors.Is(err, memcache.ErrCacheMiss) {
		return err
	}
	return nil
}

func (m *memcachedClient) ping(context.Context) error { return m.client.Ping() }

func (m *memcachedClient) answered(err error) bool {
	var broken net.Error
	var slow *memcache.ConnectTimeoutError
	return !errors.As(err, &broken) && !errors.As(err, &slow) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
}

func (m *memcachedClient) forget() { _ = m.client.Close() }

func (m *memcachedClient) close() error { return m.client.Close() }
