package service

import (
	"context"
	"errors"
	"time"

	"github.com/loadctl/loadctl/target/cache"
	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/documents"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/store"
)

// A shelf keeps the items: a SQL database (target/store), or Redis as a key-value store
// (target/documents). Its methods are safe for concurrent use, and fail with the
// errors of target/catalogue.
type shelf interface {
	Item(ctx context.Context, id string) (catalogue.Item, catalogue.Timing, error)
	List(ctx context.Context, after string, limit int) ([]catalogue.Item, catalogue.Timing, error)
	Add(ctx context.Context, item catalogue.Item) (catalogue.Item, catalogue.Timing, error)
	Apply(s knobs.Settings) error
	Health(ctx context.Context) []catalogue.Health
	Close() error
}

// depends are what the service keeps items in, and in front of them.
type depends struct {
	shelf shelf
	cache *cache.Cache
}

func (s *Service) open(settings knobs.Settings) (depends, error) {
	c, err := cache.New(cache.Config{Settings: settings, Counts: &s.slot.Cache, Log: s.log})
	if err != nil {
		return depends{}, err
	}
	kept, err := s.openShelf(settings)
	if err != nil {
		return depends{}, errors.Join(err, c.Close())
	}
	return depends{shelf: kept, cache: c}, nil
}

func (s *Service) openShelf(settings knobs.Settings) (shelf, error) {
	if settings.Store == "kv" {
		return documents.New(documents.Config{Settings: settings, Pool: &s.slot.Databases[0], Log: s.log})
	}
	pools := make([]*counts.Pool, counts.MaxDatabases)
	for i := range pools {
		pools[i] = &s.slot.Databases[i]
	}
	return store.New(store.Config{Settings: settings, Pools: pools, Own: s.own, Log: s.log})
}

// applied is what other settings make of it. Items kept elsewhere are another shelf.
func (s *Service) applied(before *state, after knobs.Settings) (depends, error) {
	d := before.depends
	if err := d.cache.Apply(after); err != nil {
		return d, err
	}
	if before.Store == after.Store {
		return d, d.shelf.Apply(after)
	}
	other, err := s.openShelf(after)
	if err != nil {
		return d, err
	}
	// Requests under way still read the old one.
	time.AfterFunc(time.Minute, func() { _ = d.shelf.Close() })
	return depends{shelf: other, cache: d.cache}, nil
}

func (d depends) close() error { return errors.Join(d.shelf.Close(), d.cache.Close()) }
