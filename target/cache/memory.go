package cache

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// memory keeps values in the worker: W-TinyLFU decides which, by otter.
type memory struct {
	entries *otter.Cache[string, entry]
	held    atomic.Int64 // of entries, what the gauge has of this cache
	drops   [256]atomic.Uint64
	seed    maphash.Seed
	counts  *counts.Cache
	terms   *terms
	now     func() time.Time
}

// An entry is a value and when it was loaded.
type entry struct {
	value  []byte
	loaded time.Time
}

func newMemory(size int, c *Cache) *memory {
	m := &memory{counts: c.counts, terms: c.terms, now: c.now, seed: maphash.MakeSeed()}
	m.entries = otter.Must(&otter.Options[string, entry]{
		MaximumSize: size,
		// It is look that judges ages. This only makes room.
		ExpiryCalculator: otter.ExpiryWritingFunc(func(otter.Entry[string, entry]) time.Duration { return longest(c.terms.TTL()) }),
		OnAtomicDeletion: m.deleted,
	})
	return m
}

func (m *memory) deleted(e otter.DeletionEvent[string, entry]) {
	if e.Cause == otter.CauseReplacement {
		return
	}
	if e.Cause == otter.CauseOverflow {
		m.counts.Evicted.Add(1)
	}
	m.count(-1)
}

func (m *memory) count(n int64) {
	m.held.Add(n)
	m.counts.Entries.Add(n)
}

func (m *memory) fresh(key string, e entry) bool {
	return m.now().Sub(e.loaded) < lifetime(m.terms.TTL(), key, e.loaded)
}

func (m *memory) look(_ context.Context, key string) (value, seen []byte, err error) {
	if e, ok := m.entries.GetIfPresent(key); ok && m.fresh(key, e) {
		return e.value, nil, nil
	}
	return nil, nil, nil
}

func (m *memory) fillAlone(ctx context.Context, key string, _ []byte, load load) filled {
	// The load before this one may have ended since the caller looked. That look was
	// told to the policy already.
	if e, ok := m.entries.GetEntryQuietly(key); ok && m.fresh(key, e.Value) {
		return filled{value: e.Value.value, how: Coalesced}
	}
	return m.fill(ctx, key, load)
}

func (m *memory) fill(ctx context.Context, key string, load load) filled {
	drops := m.dropsOf(key)
	before := drops.Load()
	value, err := load(ctx)
	begun := time.Now()
	if err == nil {
		m.put(key, entry{whole(value), m.now()}, func() bool { return drops.Load() == before })
	}
	return filled{value: whole(value), how: Miss, took: time.Since(begun), err: err}
}

// put keeps an entry if it may still be kept, once no Drop of it is under way.
func (m *memory) put(key string, e entry, may func() bool) {
	m.entries.Compute(key, func(_ entry, found bool) (entry, otter.ComputeOp) {
		if !may() {
			return entry{}, otter.CancelOp
		}
		if !found {
			m.count(1)
		}
		return e, otter.WriteOp
	})
}

// dropsOf counts the drops of a key, and of others that share the counter with it.
func (m *memory) dropsOf(key string) *atomic.Uint64 {
	return &m.drops[maphash.String(m.seed, key)%uint64(len(m.drops))]
}

func (m *memory) drop(_ context.Context, key string) error {
	m.dropsOf(key).Add(1) // first: what put writes before this is invalidated
	m.entries.Invalidate(key)
	return nil
}

func (m *memory) resize(entries int) { m.entries.SetMaximum(uint64(entries)) }

func (m *memory) health(context.Context) []catalogue.Health {
	return []catalogue.Health{{Name: "cache", OK: true, Detail: fmt.Sprintf("in memory, %d of %d entries", max(0, m.held.Load()), m.entries.GetMaximum())}}
}

func (m *memory) close() error {
	m.entries.StopAllGoroutines()
	m.counts.Entries.Add(-m.held.Load())
	return nil
}

// whole is a value that is there, if only of no bytes.
func whole(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}
