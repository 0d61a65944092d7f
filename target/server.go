package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/workers"
)

// A handler answers requests and knows which of them are probes.
type handler interface {
	http.Handler
	Probe(*http.Request) bool
}

// A server serves one listener until it is told to stop, and then loses no request
// that reached it.
type server struct {
	http.Server
	listener *listener
	leave    func() // called when a drain begins; nil = nobody wants to know
	phases   phases
	draining atomic.Bool

	requests atomic.Int64 // begun, probes apart
	limit    atomic.Int64 // of requests, after which enough is called; 0 = none
	enough   func()       // called once; nil = there is no limit
	once     sync.Once
}

type connKey struct{}

// newServer has no time-outs on purpose: a connection held for an hour without a
// request is what it is here for, and a header time-out would close it.
func newServer(ln *listener, h handler) *server {
	s := &server{listener: ln, phases: phases{fresh: new(atomic.Int64), active: new(atomic.Int64)}}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := h.Probe(r)
		if c, ok := r.Context().Value(connKey{}).(*conn); ok {
			c.asked(probe)
		}
		if !probe {
			s.count()
		}
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	if l, ok := h.(interface{ Leave() }); ok {
		s.leave = l.Leave // what never ends by itself would wait for the end of the drain
	}
	s.ConnState = s.phases.moved
	s.IdleTimeout = idleMark
	s.ErrorLog = log.New(io.Discard, "", 0) // broken clients are the client's to report
	return s
}

// count calls enough when a limit is reached.
func (s *server) count() {
	n, limit := s.requests.Add(1), s.limit.Load()
	if limit > 0 && n >= limit && s.enough != nil {
		s.once.Do(s.enough)
	}
}

// run serves until ctx ends, then drains for at most the time told then. With
// workers.ErrAtOnce as the cause it does not drain.
func (s *server) run(ctx context.Context, drain func() time.Duration) error {
	served := make(chan error, 1)
	go func() { served <- s.Serve(s.listener) }()
	select {
	case err := <-served:
		_ = s.Close()
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), workers.ErrAtOnce) {
		_ = s.Close()
	} else {
		s.drain(drain())
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
