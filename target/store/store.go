package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// Config is what a Store is made of.
type Config struct {
	Settings knobs.Settings
	Pools    []*counts.Pool // by number of the database: 0 the primary, then replicas, or shards from 1
	Own      string         // path of the SQLite file that an empty database_url means; "" = a temporary one, removed by Close
	Log      *slog.Logger   // nil = silent
}

// A Store keeps items in SQL databases. All its methods may be called at the same time.
type Store struct {
	pools []*counts.Pool
	log   *slog.Logger
	own   string
	made  string // the temporary folder of own

	applying sync.Mutex // one change at a time
	mu       sync.RWMutex
	now      *topology // nil once closed
	drained  chan struct{}
	health   healthCache
}

// New fails only for settings that cannot be. Databases are connected to, and tables made
// in them, at once; where that fails it is tried again by whoever needs them.
func New(cfg Config) (*Store, error) {
	s := &Store{pools: cfg.Pools, log: cfg.Log, own: cfg.Own, drained: make(chan struct{})}
	close(s.drained)
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.ownFile(); err != nil {
		return nil, err
	}
	t, made, err := s.plan(cfg.Settings, nil)
	if err != nil {
		s.removeOwn()
		return nil, err
	}
	s.now = t
	t.watched(nil)
	for _, d := range made {
		d.work.Go(func() { _ = d.prepared(d.life) }) // a failure is told to whoever needs it
	}
	return s, nil
}

// ownFile names a file in a folder of its own when none was given.
func (s *Store) ownFile() (err error) {
	if s.own == "" {
		if s.made, err = os.MkdirTemp("", "loadctl-store-*"); err != nil {
			return fmt.Errorf("making the database of the service: %w", err)
		}
		s.own = filepath.Join(s.made, "items.db")
	}
	return nil
}

func (s *Store) removeOwn() {
	if s.made != "" {
		_ = os.RemoveAll(s.made)
	}
}

// plan is the topology of settings; what it made is closed again when it fails.
func (s *Store) plan(set knobs.Settings, old *topology) (*topology, []*database, error) {
	if err := set.Validate(); err != nil {
		return nil, nil, err
	}
	t, made, err := build(set, s.own, s.pools, s.log, old)
	if err == nil && old != nil {
		err = misplaced(made)
	}
	if err != nil {
		for _, d := range made {
			d.close()
		}
		return nil, nil, err
	}
	return t, made, nil
}

// misplaced is an error if a database that can be asked is filled as another one than it
// is named as: items would not be found in it.
func misplaced(made []*database) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	errs := make([]error, len(made))
	var asking sync.WaitGroup
	for i, d := range made {
		asking.Go(func() { errs[i] = d.misplaced(ctx) })
	}
	asking.Wait()
	return errors.Join(errs...)
}

// Apply changes to other settings while calls are under way. Those that have begun end on
// the databases they began with; connections of pools whose limits alone changed go on
// being used. Nothing changes when there is an error.
func (s *Store) Apply(set knobs.Settings) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.RLock()
	old := s.now
	s.mu.RUnlock()
	if old == nil {
		return errClosed
	}
	t, made, err := s.plan(set, old)
	if err != nil {
		return fmt.Errorf("changing the databases: %w", err)
	}
	t.watched(old)
	s.replace(old, t)
	for _, d := range t.databases() {
		d.pool.resize(limitsOf(set))
	}
	for _, d := range made {
		d.work.Go(func() { _ = d.prepared(d.life) })
	}
	return nil
}

// replace makes another topology the one in force, and closes what it does not have once
// the calls that use it have ended, and those of all before.
func (s *Store) replace(old, next *topology) {
	s.mu.Lock()
	s.now = next
	before, done := s.drained, make(chan struct{})
	s.drained = done
	s.mu.Unlock()
	kept := next.databases()
	gone := slices.DeleteFunc(old.databases(), func(d *database) bool { return slices.Contains(kept, d) })
	for _, d := range gone {
		d.pool.retire()
		s.log.Info("database left", "database", d.role)
	}
	go func() {
		defer close(done)
		if old.monitor != nil && (next == nil || next.monitor != old.monitor) {
			old.monitor.close()
		}
		<-before
		old.users.Wait()
		for _, d := range gone {
			d.close()
		}
	}()
}

var errClosed = fmt.Errorf("%w: the store is closed", catalogue.ErrUnavailable)

// enter is the topology in force; leave tells when the call that uses it has ended.
func (s *Store) enter() (now *topology, leave func(), err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.now == nil {
		return nil, nil, errClosed
	}
	s.now.users.Add(1)
	return s.now, s.now.users.Done, nil
}

// Close waits for the calls under way, and closes all connections.
func (s *Store) Close() error {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.RLock()
	old := s.now
	s.mu.RUnlock()
	if old != nil {
		s.replace(old, nil)
		<-s.drained
		s.removeOwn()
	}
	return nil
}
