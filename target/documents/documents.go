package documents

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// Config is what a Store is made of.
type Config struct {
	Settings knobs.Settings
	Pool     *counts.Pool // nil = nobody looks
	Log      *slog.Logger // nil = silent
}

// A Store keeps items in Redis. All its methods may be called at the same time.
type Store struct {
	pool *counts.Pool
	log  *slog.Logger

	applying sync.Mutex // one change at a time
	mu       sync.RWMutex
	now      *base // nil once closed
	leaving  sync.WaitGroup
}

// New fails only for settings that cannot be. Redis is connected to, and filled with the
// items of a new catalogue, when it is first needed.
func New(cfg Config) (*Store, error) {
	s := &Store{pool: cfg.Pool, log: cfg.Log}
	if s.pool == nil {
		s.pool = &counts.Pool{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	b, err := newBase(cfg.Settings, s.pool, s.log)
	if err != nil {
		return nil, err
	}
	s.now = b
	return s, nil
}

var errClosed = fmt.Errorf("%w: the store is closed", catalogue.ErrUnavailable)

// enter is what is in force; leave tells when the call that uses it has ended.
func (s *Store) enter() (b *base, leave func(), err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.now == nil {
		return nil, nil, errClosed
	}
	s.now.users.Add(1)
	return s.now, s.now.users.Done, nil
}

// Apply changes to other settings while calls are under way. Those finish with the
// connections and limits they began with.
func (s *Store) Apply(set knobs.Settings) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	old := s.current()
	if old == nil {
		return errClosed
	}
	if partOf(set) == partOf(old.settings) {
		return nil
	}
	next, err := newBase(set, s.pool, s.log)
	if err != nil {
		return err
	}
	s.replace(old, next)
	return nil
}

// part is what a store has of the settings.
type part struct {
	url                   string
	size, overflow, items int
	timeout, recycle      time.Duration
	query                 time.Duration
}

func partOf(s knobs.Settings) part {
	return part{s.KVURL, s.PoolSize, s.MaxOverflow, s.Items, s.PoolTimeout, s.PoolRecycle, s.QueryTimeout}
}

func (s *Store) current() *base {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.now
}

// replace closes what was in force when its last call has ended.
func (s *Store) replace(old, next *base) {
	s.mu.Lock()
	s.now = next
	s.mu.Unlock()
	s.leaving.Go(old.close)
}

// Close waits for the calls under way, and closes all connections.
func (s *Store) Close() error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if old := s.current(); old != nil {
		s.replace(old, nil)
	}
	s.leaving.Wait()
	return nil
}
