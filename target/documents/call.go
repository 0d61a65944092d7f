package documents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// do makes one call with a place of the pool. What use returns is told as one of the
// catalogue's errors; redis.Nil is that there is none.
func (s *Store) do(ctx context.Context, use func(context.Context, *redis.Client) error) (t catalogue.Timing, err error) {
	b, leave, err := s.enter()
	if err != nil {
		return t, err
	}
	defer leave()
	p := b.pool
	p.counts.Calls.Add(1)
	if err := b.fill(ctx); err != nil {
		return t, p.failed(ctx, err)
	}
	if t.Wait, err = p.take(ctx); err != nil {
		return t, p.failed(ctx, err)
	}
	defer p.give()
	begun := time.Now()
	if err = use(ctx, b.client); errors.Is(err, redis.Nil) && b.emptied(ctx) {
		if err = b.fill(ctx); err == nil {
			err = use(ctx, b.client)
		}
	}
	t.Took = time.Since(begun)
	p.counts.Took.Add(t.Took)
	switch {
	case err == nil:
		return t, nil
	case errors.Is(err, redis.Nil):
		return t, catalogue.ErrNotFound
	}
	return t, p.failed(ctx, err)
}

// failed counts an error, and is it as the catalogue has it.
func (p *pool) failed(ctx context.Context, err error) error {
	why, err := meaning(ctx, err)
	p.counts.Failed[why].Add(1)
	return err
}

func meaning(ctx context.Context, err error) (counts.Failure, error) {
	var said redis.Error
	var broken net.Error
	switch {
	case errors.Is(err, catalogue.ErrPoolTimeout):
		return counts.TimedOut, err
	case errors.Is(ctx.Err(), context.Canceled):
		return counts.ClientGone, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &broken) && broken.Timeout():
		return counts.TimedOut, fmt.Errorf("%w: no answer in time: %w", catalogue.ErrUnavailable, err)
	case errors.As(err, &said):
		return refusal(err)
	case errors.Is(err, errGarbled):
		return counts.Useless, err
	}
	return counts.Unreachable, fmt.Errorf("%w: %w", catalogue.ErrUnavailable, err)
}

// errGarbled is that a document is none of ours.
var errGarbled = errors.New("the document cannot be read")

func decode(text []byte, item *catalogue.Item) error {
	if err := json.Unmarshal(text, item); err != nil {
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
	return nil
}

// refusal is what Redis said instead of doing it: it does not write beyond maxmemory,
// nor while it cannot write its snapshots to disk.
func refusal(err error) (counts.Failure, error) {
	text := err.Error()
	if strings.HasPrefix(text, "OOM ") || strings.HasPrefix(text, "MISCONF ") {
		return counts.Full, fmt.Errorf("%w: %w", catalogue.ErrFull, err)
	}
	return counts.Useless, fmt.Errorf("%w: %w", catalogue.ErrUnavailable, err)
}
