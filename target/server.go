package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
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
	phases   phases
	draining atomic.Bool
}

// Times of a drain.
const (
	linger     = 500 * time.Millisecond // kept connections may still ask once, and are told to go
	freshGrace = time.Second            // a connection that asked nothing by then has nothing to lose
	drainTick  = 5 * time.Millisecond
)

type connKey struct{}

// newServer has no time-outs on purpose: a connection held for an hour without a
// request is what it is here for, and a header time-out would close it.
func newServer(h handler) *server {
	s := &server{}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*conn); ok {
			c.asked(h.Probe(r))
		}
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	s.ConnState = s.phases.moved
	s.ErrorLog = log.New(io.Discard, "", 0) // broken clients are the client's to report
	return s
}

// serve runs until ctx ends, then drains for at most the given time. With
// workers.ErrAtOnce as the cause it does not drain.
func serve(ctx context.Context, ln *listener, h handler, drain time.Duration) error {
	s := newServer(h)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	select {
	case err := <-served:
		_ = s.Close()
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), workers.ErrAtOnce) {
		_ = s.Close()
	} else {
		s.drain(ln, drain)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// drain ends the server in three steps, because http.Server.Shutdown alone reads
// requests it then does not answer (golang/go#75591): accept no more and tell
// whoever asks to go; wait until no request is being read or answered; shut down.
func (s *server) drain(ln *listener, limit time.Duration) {
	began := time.Now()
	s.draining.Store(true)
	_ = ln.Close()
	s.await(func() bool { return len(ln.places) == 0 || time.Since(began) > min(linger, limit) })
	s.SetKeepAlivesEnabled(false)
	s.await(func() bool { return s.quiet(time.Since(began)) || time.Since(began) > limit })
	// What is left after the limit has had its time.
	ctx, cancel := context.WithTimeout(context.Background(), drainTick)
	defer cancel()
	_ = s.Shutdown(ctx)
	_ = s.Close()
}

func (s *server) quiet(since time.Duration) bool {
	return s.phases.active.Load() == 0 && (s.phases.fresh.Load() == 0 || since > freshGrace)
}

func (s *server) await(done func() bool) {
	for !done() {
		time.Sleep(drainTick)
	}
}
