package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/loadctl/loadctl/target/catalogue"
)

// Item is one item. With replicas it is as new as the one that was read: what was just
// added may not be there yet. A read whose replica fails is repeated at the primary.
func (s *Store) Item(ctx context.Context, id string) (item catalogue.Item, t catalogue.Timing, err error) {
	now, leave, err := s.enter()
	if err != nil {
		return item, t, err
	}
	defer leave()
	if !storable(id) {
		return item, t, fmt.Errorf("item %q: %w", id, catalogue.ErrNotFound)
	}
	sources := []source{{database: now.home(id)}}
	if len(now.shards) == 0 {
		sources = now.sources()
	}
	t, err = read(ctx, sources, func(ctx context.Context, d *database, c *conn) (err error) {
		item, err = d.item(ctx, c, id)
		return err
	})
	if err != nil {
		return catalogue.Item{}, t, fmt.Errorf("item %q: %w", id, err)
	}
	return item, t, nil
}

// mostListed bounds a list.
const mostListed = 1000

// List is up to limit items, 1 to 1000 of them, whose ids come behind after, in the order
// of their bytes. Of shards all are asked at once, and all must answer.
func (s *Store) List(ctx context.Context, after string, limit int) (items []catalogue.Item, t catalogue.Timing, err error) {
	now, leave, err := s.enter()
	if err != nil {
		return nil, t, err
	}
	defer leave()
	limit = min(max(limit, 1), mostListed)
	if after, _, _ = strings.Cut(after, "\x00"); len(now.shards) > 0 {
		items, t, err = merged(ctx, now.shards, after, limit)
	} else {
		items, t, err = listed(ctx, now.sources(), after, limit)
	}
	if err != nil {
		return nil, t, fmt.Errorf("listing items: %w", err)
	}
	return items, t, nil
}

func listed(ctx context.Context, from []source, after string, limit int) (items []catalogue.Item, t catalogue.Timing, err error) {
	after = strings.ToValidUTF8(after, "\uFFFD")
	t, err = read(ctx, from, func(ctx context.Context, d *database, c *conn) (err error) {
		items, err = d.list(ctx, c, after, limit)
		return err
	})
	return items, t, err
}

// merged asks all shards for as many as could be needed. Its timing is that of the shard
// that took longest.
func merged(ctx context.Context, shards []*database, after string, limit int) (all []catalogue.Item, slowest catalogue.Timing, err error) {
	parts := make([][]catalogue.Item, len(shards))
	times := make([]catalogue.Timing, len(shards))
	var asking errgroup.Group
	for i, d := range shards {
		asking.Go(func() (err error) {
			parts[i], times[i], err = listed(ctx, []source{{database: d}}, after, limit)
			return err
		})
	}
	err = asking.Wait()
	for _, t := range times {
		if t.Wait+t.Took > slowest.Wait+slowest.Took {
			slowest = t
		}
	}
	all = slices.Concat(parts...)
	slices.SortFunc(all, func(a, b catalogue.Item) int { return strings.Compare(a.ID, b.ID) })
	return all[:min(limit, len(all))], slowest, err
}

// read asks one source after the other until one can say. Its timing is the sum of all
// that was tried.
func read(ctx context.Context, sources []source, use func(context.Context, *database, *conn) error) (sum catalogue.Timing, err error) {
	for _, from := range sources {
		var t catalogue.Timing
		t, err = from.do(ctx, func(ctx context.Context, c *conn) error { return use(ctx, from.database, c) })
		sum.Wait, sum.Took = sum.Wait+t.Wait, sum.Took+t.Took
		said := err == nil || errors.Is(err, catalogue.ErrNotFound)
		if from.replica != nil && (said || errors.Is(err, catalogue.ErrUnavailable)) {
			from.replica.read(said)
		}
		if said || ctx.Err() != nil || errors.Is(err, catalogue.ErrPoolTimeout) {
			break
		}
	}
	return sum, err
}
