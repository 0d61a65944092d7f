package documents

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/loadctl/loadctl/target/catalogue"
)

// Where things are. The ids have all the same score, so that their order is that of
// their bytes.
const (
	itemPrefix = "loadctl:item:"
	idsKey     = "loadctl:ids"
)

// Item is one item.
func (s *Store) Item(ctx context.Context, id string) (item catalogue.Item, t catalogue.Timing, err error) {
	if !storable(id) {
		return item, t, fmt.Errorf("item %q: %w", id, catalogue.ErrNotFound)
	}
	t, err = s.do(ctx, func(ctx context.Context, c *redis.Client) error {
		text, err := c.Get(ctx, itemPrefix+id).Bytes()
		if err != nil {
			return err
		}
		return decode(text, &item)
	})
	if err != nil {
		return catalogue.Item{}, t, fmt.Errorf("item %q: %w", id, err)
	}
	return item, t, nil
}

// mostListed bounds a list.
const mostListed = 1000

// List is up to limit items, 1 to 1000 of them, whose ids come behind after, in the order
// of their bytes.
func (s *Store) List(ctx context.Context, after string, limit int) (items []catalogue.Item, t catalogue.Timing, err error) {
	limit = min(max(limit, 1), mostListed)
	t, err = s.do(ctx, func(ctx context.Context, c *redis.Client) (err error) {
		items, err = list(ctx, c, after, limit)
		return err
	})
	if err != nil && !errors.Is(err, catalogue.ErrNotFound) {
		return nil, t, fmt.Errorf("listing items: %w", err)
	}
	return items, t, nil
}

func list(ctx context.Context, c *redis.Client, after string, limit int) ([]catalogue.Item, error) {
	ids, err := c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: idsKey, Start: "(" + after, Stop: "+", ByLex: true, Count: int64(limit)}).Result()
	switch {
	case err != nil:
		return nil, err
	case len(ids) == 0 && after == "":
		return nil, redis.Nil // which is no answer that a full catalogue gives
	case len(ids) == 0:
		return nil, nil
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = itemPrefix + id
	}
	texts, err := c.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	items := make([]catalogue.Item, 0, len(texts))
	for _, text := range texts {
		text, ok := text.(string)
		if !ok {
			continue // somebody took it away meanwhile
		}
		var item catalogue.Item
		if err := decode([]byte(text), &item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// add does all or nothing in one step, and returns what is there already.
const add = `local there = redis.call('GET', KEYS[1])
if there then
	return there
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
return false`

// Add stores an item, and is the item as it is stored. It is acknowledged once Redis has
// it, as durably as its configuration says. An item without an id gets one. With an id
// it may be tried again: an equal item that is there already is as good as stored,
// another one is catalogue.ErrConflict. After catalogue.ErrUnavailable it may have been
// stored.
func (s *Store) Add(ctx context.Context, item catalogue.Item) (catalogue.Item, catalogue.Timing, error) {
	if item.ID == "" {
		item.ID = rand.Text()
	}
	if !storable(item.ID) || !storable(item.Name) {
		return catalogue.Item{}, catalogue.Timing{}, fmt.Errorf("adding item %q: %w: id and name are up to %d bytes of UTF-8, without zeros",
			item.ID, catalogue.ErrInvalid, longest)
	}
	item.Version, item.Updated = 1, time.Now().UTC().Truncate(time.Microsecond)
	text, err := json.Marshal(item)
	if err != nil {
		return catalogue.Item{}, catalogue.Timing{}, fmt.Errorf("adding item %q: %w", item.ID, err)
	}
	var there string
	t, err := s.do(ctx, func(ctx context.Context, c *redis.Client) (err error) {
		there, err = c.Eval(ctx, add, []string{itemPrefix + item.ID, idsKey}, text, item.ID).Text()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		return err
	})
	if err == nil && there != "" {
		item, err = equal(item, there)
	}
	if err != nil {
		return catalogue.Item{}, t, fmt.Errorf("adding item %q: %w", item.ID, err)
	}
	return item, t, nil
}

// equal is the item that is there, if it says the same.
func equal(item catalogue.Item, text string) (there catalogue.Item, err error) {
	if err := decode([]byte(text), &there); err != nil {
		return item, err
	}
	if there.Name != item.Name || there.Price != item.Price || there.Stock != item.Stock {
		return item, catalogue.ErrConflict
	}
	return there, nil
}

// longest is the length of an id or a name.
const longest = 1000

// storable says whether every store can keep a text.
func storable(text string) bool {
	return len(text) <= longest && utf8.ValidString(text) && !strings.Contains(text, "\x00")
}
