package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// A client speaks to one server. Keys are as short and plain as the server wants them:
// a client sees to that.
type client interface {
	get(ctx context.Context, key string) (raw []byte, err error) // nil: nothing there
	put(ctx context.Context, key string, raw []byte, keep time.Duration) error
	// swap puts raw in the place of old, if that is still there; of nothing, if old is nil.
	swap(ctx context.Context, key string, old, raw []byte, keep time.Duration) (done bool, err error)
	drop(ctx context.Context, key string) error
	ping(ctx context.Context) error
	answered(err error) bool // an error is what the server said, not that it said nothing
	forget()                 // closes connections that may be dead
	close() error
}

const (
	tolerated  = 3                      // failures one after the other, then a server is left alone
	patience   = 250 * time.Millisecond // of every connect, read and write
	retryEvery = time.Second            // of pings to a server that is left alone
	idleConns  = 64                     // kept to one server
)

var (
	errLeftAlone = errors.New("the cache does not answer and is left alone for now")
	errClosed    = errors.New("the cache is closed")
)

// A server is a client behind a circuit breaker: after some failures nothing is asked of
// it until it has answered a ping, so that a dead cache costs a request next to nothing.
type server struct {
	client        client
	name, address string
	patience      time.Duration
	counts        *counts.Cache
	log           *slog.Logger

	failures atomic.Int64
	alone    atomic.Bool
	why      atomic.Pointer[string]

	open    context.Context
	stop    context.CancelFunc
	mu      sync.Mutex // of starting revive against close
	pinging sync.WaitGroup
}

func newServer(name, address string, cl client, c *Cache) *server {
	s := &server{client: cl, name: name, address: address, patience: c.patience, counts: c.counts, log: c.log}
	s.open, s.stop = context.WithCancel(context.Background())
	return s
}

func (s *server) get(ctx context.Context, key string) (raw []byte, err error) {
	err = s.ask(ctx, func() error { raw, err = s.client.get(ctx, key); return err })
	return raw, err
}

func (s *server) put(ctx context.Context, key string, raw []byte, keep time.Duration) error {
	return s.ask(ctx, func() error { return s.client.put(ctx, key, raw, keep) })
}

func (s *server) swap(ctx context.Context, key string, old, raw []byte, keep time.Duration) (done bool, err error) {
	err = s.ask(ctx, func() error { done, err = s.client.swap(ctx, key, old, raw, keep); return err })
	return done, err
}

func (s *server) drop(ctx context.Context, key string) error {
	return s.ask(ctx, func() error { return s.client.drop(ctx, key) })
}

// ask does what asks the server, and draws conclusions from its error.
func (s *server) ask(ctx context.Context, what func() error) error {
	if s.alone.Load() {
		return errLeftAlone
	}
	err := what()
	switch {
	case err == nil:
		if s.failures.Load() > 0 {
			s.failures.Store(0)
		}
	case over(ctx): // the caller's doing
	default:
		s.counts.Errors.Add(1)
		if !s.client.answered(err) && s.failures.Add(1) >= tolerated {
			s.leave(err)
		}
	}
	return err
}

// over says whether a context has ended. A socket may know of its deadline a moment earlier.
func over(ctx context.Context) bool {
	end, ends := ctx.Deadline()
	return ctx.Err() != nil || ends && !time.Now().Before(end)
}

// leave stops asking and starts pinging.
func (s *server) leave(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open.Err() != nil || s.alone.Load() {
		return
	}
	why := err.Error()
	s.why.Store(&why)
	s.alone.Store(true)
	s.log.Warn("the cache does not answer; values are loaded without it", "server", s.address, "err", err)
	s.pinging.Go(s.revive)
}

// revive pings until the server answers.
func (s *server) revive() {
	for s.open.Err() == nil {
		s.client.forget()
		pause(s.open, retryEvery)
		ctx, cancel := context.WithTimeout(s.open, s.patience)
		err := s.client.ping(ctx)
		cancel()
		if err == nil {
			s.failures.Store(0)
			s.alone.Store(false)
			s.log.Info("the cache answers again", "server", s.address)
			return
		}
		why := err.Error()
		s.why.Store(&why)
	}
}

// health asks the server, but one that is left alone.
func (s *server) health(ctx context.Context) catalogue.Health {
	h := catalogue.Health{Name: s.name}
	if s.alone.Load() {
		h.Detail = s.address + " does not answer (" + *s.why.Load() + "): values are loaded without it"
		return h
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if err := s.ask(ctx, func() error { return s.client.ping(ctx) }); err != nil {
		h.Detail = s.address + ": " + err.Error()
		return h
	}
	h.OK = true
	return h
}

func (s *server) close() error {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.pinging.Wait()
	return s.client.close()
}
