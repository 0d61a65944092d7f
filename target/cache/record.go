package cache

import (
	"crypto/rand"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"time"
)

// A record is what stands under a key in Redis or memcached:
//
//	1 byte   version and kind
//	8 bytes  a moment, in ns since the epoch: when a value was loaded, when a lease ends
//	4 bytes  CRC-32C of all the rest
//	         the value, or 16 random bytes that tell a lease from all others
//
// Whatever else is there — of another version, cut off, written by somebody else — is
// read as nothing.
type record struct {
	kind byte
	at   time.Time
	body []byte
}

const (
	valueKind = 0x11 // version 1
	leaseKind = 0x12

	headBytes = 1 + 8 + 4
)

func (r record) bytes() []byte {
	raw := make([]byte, headBytes, headBytes+len(r.body))
	raw[0] = r.kind
	binary.BigEndian.PutUint64(raw[1:], uint64(r.at.UnixNano()))
	raw = append(raw, r.body...)
	binary.BigEndian.PutUint32(raw[9:], sumOf(raw))
	return raw
}

// sumOf is the checksum of a record, wherever that itself stands.
func sumOf(raw []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(raw[:9], table), table, raw[headBytes:])
}

func parse(raw []byte) (r record, ok bool) {
	if len(raw) < headBytes || raw[0] != valueKind && raw[0] != leaseKind {
		return record{}, false
	}
	if binary.BigEndian.Uint32(raw[9:]) != sumOf(raw) {
		return record{}, false
	}
	at := time.Unix(0, int64(binary.BigEndian.Uint64(raw[1:])))
	return record{kind: raw[0], at: at, body: raw[headBytes:]}, true
}

func newLease(until time.Time) []byte {
	token := make([]byte, 16)
	_, _ = rand.Read(token) // never fails
	return record{kind: leaseKind, at: until, body: token}.bytes()
}

// spread is how far lifetimes are apart, as a part of the TTL: what was loaded at one
// moment is not all loaded again at another.
const spread = 0.1

// lifetime is how long a value may be used: between 0.95 and 1.05 of the TTL, the TTL in
// the mean over loads, so that formulas of hit ratios hold. It is drawn by key and
// moment of the load instead of by a generator: all workers find the same without
// asking each other.
func lifetime(ttl time.Duration, key string, loaded time.Time) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(key))
	u := float64(mix(h.Sum64()^uint64(loaded.UnixNano()))>>11) / (1 << 53)
	return max(1, ttl+time.Duration(float64(ttl)*spread*(u-0.5)))
}

// longest bounds every lifetime.
func longest(ttl time.Duration) time.Duration {
	return ttl + time.Duration(float64(ttl)*spread/2) + time.Millisecond
}

// mix is the finaliser of splitmix64: neighbouring numbers become unrelated ones.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
