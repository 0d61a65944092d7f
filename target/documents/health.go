package documents

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loadctl/loadctl/target/catalogue"
)

// A healthCache keeps what was found for a while, so that any number of questions asks
// Redis once.
type healthCache struct {
	mu    sync.Mutex
	at    time.Time
	found catalogue.Health
}

// Health is fresh for as long, and waits no longer than this.
const healthFor = time.Second

// Health is the state of Redis. It takes no place of the pool, so that a pool that is
// used up is not taken for a Redis that is down.
func (s *Store) Health(ctx context.Context) []catalogue.Health {
	b, leave, err := s.enter()
	if err != nil {
		return []catalogue.Health{{Name: name, Detail: err.Error()}}
	}
	defer leave()
	h := &b.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at.IsZero() || time.Since(h.at) > healthFor {
		h.found, h.at = b.look(context.WithoutCancel(ctx)), time.Now()
	}
	return []catalogue.Health{h.found}
}

const name = "redis"

func (b *base) look(ctx context.Context) catalogue.Health {
	ctx, cancel := context.WithTimeout(ctx, healthFor)
	defer cancel()
	var only, sync *redis.MapStringStringCmd
	var pong *redis.StatusCmd
	_, _ = b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		pong = p.Ping(ctx)
		only, sync = p.ConfigGet(ctx, "appendonly"), p.ConfigGet(ctx, "appendfsync") // which may be forbidden
		return nil
	})
	if err := pong.Err(); err != nil {
		_, err = meaning(ctx, err)
		return catalogue.Health{Name: name, Detail: b.address + ": " + err.Error()}
	}
	h := catalogue.Health{Name: name, OK: true, Detail: durability(only.Val()["appendonly"], sync.Val()["appendfsync"])}
	if b.beingFilled() {
		h.Detail = fmt.Sprintf("the catalogue is being filled, %d of %d items", b.filled.Load(), b.settings.Items)
	}
	return h
}

func (b *base) beingFilled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.attempt != nil
}

// durability says what the death of Redis costs, by its settings; nothing if that is
// nothing, or not known.
func durability(only, sync string) string {
	switch {
	case only == "no":
		return "appendonly no: if Redis dies, what was acknowledged since its last snapshot is lost"
	case only == "yes" && sync == "everysec":
		return "appendfsync everysec: if its machine dies, up to a second of what was acknowledged is lost"
	case only == "yes" && sync == "no":
		return "appendfsync no: if its machine dies, what was acknowledged and not yet written to disk is lost"
	}
	return ""
}
