package documents

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loadctl/loadctl/target/catalogue"
)

// How a new catalogue comes in: whoever finds no mark takes the lock, puts the items in
// and then the mark. Whoever finds the lock taken waits. Items that are there are left
// as they are, so that an owner who dies on the way is followed by another after a while.
const (
	markKey = "loadctl:filled"  // how many items were put in
	lockKey = "loadctl:filling" // random

	lockFor = 5 * time.Second // after the last sign of its owner
	batch   = 1000            // items between two signs
	look    = 20 * time.Millisecond
)

// An attempt to fill goes on for all who wait for it.
type attempt struct {
	done chan struct{}
	err  error
}

// fill waits until the catalogue is there, or cannot be. The attempt outlives a call
// that does not wait for it.
func (b *base) fill(ctx context.Context) error {
	if b.ready.Load() {
		return nil
	}
	a := b.try()
	select {
	case <-ctx.Done():
		return fmt.Errorf("the catalogue is being filled, %d of %d items: %w", b.filled.Load(), b.settings.Items, ctx.Err())
	case <-a.done:
		return a.err
	}
}

// emptied says whether Redis lost everything since it was filled: it was started again
// without what it had, or flushed.
func (b *base) emptied(ctx context.Context) bool {
	marks, err := b.beside.Exists(ctx, markKey).Result()
	if err != nil || marks > 0 {
		return false
	}
	b.ready.Store(false)
	return true
}

// try is the attempt that goes on, or a new one.
func (b *base) try() *attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.attempt != nil {
		return b.attempt
	}
	a := &attempt{done: make(chan struct{})}
	b.attempt = a
	b.work.Go(func() {
		a.err = b.fillOrWait(b.life)
		b.ready.Store(a.err == nil)
		b.mu.Lock()
		b.attempt = nil
		b.mu.Unlock()
		close(a.done)
	})
	return a
}

func (b *base) fillOrWait(ctx context.Context) error {
	for {
		marks, err := b.beside.Exists(ctx, markKey).Result()
		if err != nil || marks > 0 {
			return err
		}
		taken, err := b.beside.SetNX(ctx, lockKey, rand.Text(), lockFor).Result()
		if err != nil {
			return err
		}
		if taken {
			return b.fillNow(ctx)
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fillNow puts everything in. Another may do so too, after a long pause of this one:
// then both put in the same.
func (b *base) fillNow(ctx context.Context) error {
	begun := time.Now()
	b.filled.Store(0)
	for first := 1; first <= b.settings.Items; first += batch {
		last := min(first+batch-1, b.settings.Items)
		if err := b.put(ctx, first, last); err != nil {
			b.beside.Del(context.WithoutCancel(ctx), lockKey) // for whoever comes next
			return err
		}
		b.filled.Store(int64(last))
	}
	_, err := b.beside.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, markKey, b.settings.Items, 0)
		p.Del(ctx, lockKey)
		return nil
	})
	if err == nil && b.settings.Items > 0 {
		b.log.Info("the catalogue was filled", "items", b.settings.Items, "took", time.Since(begun).Round(time.Millisecond))
	}
	return err
}

// put adds items first to last and gives a sign of life.
func (b *base) put(ctx context.Context, first, last int) error {
	ids := make([]redis.Z, 0, last-first+1)
	_, err := b.beside.Pipelined(ctx, func(p redis.Pipeliner) error {
		for n := first; n <= last; n++ {
			item := catalogue.Made(n)
			text, err := json.Marshal(item)
			if err != nil {
				return err
			}
			p.SetNX(ctx, itemPrefix+item.ID, text, 0)
			ids = append(ids, redis.Z{Member: item.ID})
		}
		p.ZAdd(ctx, idsKey, ids...)
		p.PExpire(ctx, lockKey, lockFor)
		return nil
	})
	return err
}
