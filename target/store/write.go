package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loadctl/loadctl/target/catalogue"
)

// Add stores an item, and is the item as it is stored. It is acknowledged once its
// transaction is committed, as durably as the database does that. An item without an id
// gets one. With an id it may be tried again: an equal item that is there already is as
// good as stored, another one is catalogue.ErrConflict. After catalogue.ErrUnavailable
// it may have been stored.
func (s *Store) Add(ctx context.Context, item catalogue.Item) (catalogue.Item, catalogue.Timing, error) {
	var t catalogue.Timing
	now, leave, err := s.enter()
	if err != nil {
		return item, t, err
	}
	defer leave()
	if item.ID == "" {
		item.ID = rand.Text()
	}
	if !storable(item.ID) || !storable(item.Name) {
		return item, t, fmt.Errorf("adding item %q: %w: id and name are up to %d bytes of UTF-8, without zeros", item.ID, catalogue.ErrInvalid, longest)
	}
	item.Version, item.Updated = 1, time.Now().UTC().Truncate(time.Microsecond)
	d := now.home(item.ID)
	t, err = d.do(ctx, func(ctx context.Context, c *conn) (err error) {
		item, err = d.add(ctx, c, item)
		return err
	})
	if d.room.wrote(err); err != nil {
		return catalogue.Item{}, t, fmt.Errorf("adding item: %w", err)
	}
	return item, t, nil
}

// longest is the length of an id or a name.
const longest = 1000

// storable says whether every database can keep a text: PostgreSQL takes no zero byte.
func storable(text string) bool {
	return len(text) <= longest && utf8.ValidString(text) && !strings.Contains(text, "\x00")
}
