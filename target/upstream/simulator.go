package upstream

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how the simulator behaves. The zero value answers at once, always.
type Config struct {
	Delay     Delay   // of each answer
	Seed      uint64  // of delays and errors; the same seed gives the same sequence
	Freeze    Freeze  // offsets from the start, see Simulator
	ErrorRate float64 // share of requests answered 500, in [0, 1]
}

// A Simulator is the upstream as an http.Handler:
//
//	GET /items/{id} /main/{id} /related/{id}   a JSON item of about 100 bytes, after the delay
//	GET /health                                without delay, but frozen with the rest
//	GET /-/stats                               its counters; never frozen, counted as a probe
//	POST /-/start                              starts its clock anew, so that the freeze is due again
//
// Its clock, from which the freeze counts, starts with the first request that is
// no probe, or with /-/start. It is safe for concurrent use.
type Simulator struct {
	cfg      Config
	instance uint64
	counts   counts

	mu    sync.Mutex
	clock atomic.Pointer[clock]
}

// A clock is one start of the simulator and the freeze that follows it.
type clock struct {
	began  time.Time
	thawed chan struct{} // closed at the end of the freeze

	mu   sync.Mutex
	last chan struct{} // closed when the last request in the frozen queue has left it
}

// New makes a simulator whose clock has not started.
func New(cfg Config) *Simulator { return &Simulator{cfg: cfg, instance: rand.Uint64()} }

// ServeHTTP answers one request.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Probe(r) {
		s.counts.probes.Add(1)
		s.probe(w, r)
		return
	}
	s.counts.inFlight.Add(1)
	defer s.counts.inFlight.Add(-1)
	clock := s.started()
	switch kind, id, ok := item(r.URL.Path); {
	case r.URL.Path == "/health":
		clock.wait(r.Context(), s.cfg.Freeze, 0)
		s.answer(w, http.StatusOK, okBody)
	case !ok:
		s.answer(w, http.StatusNotFound, notFoundBody)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		s.answer(w, http.StatusMethodNotAllowed, notAllowedBody)
	default:
		s.item(w, r, clock, kind, id)
	}
}

// item answers an item after its delay. Request n of the seed always has the same
// delay and the same luck.
func (s *Simulator) item(w http.ResponseWriter, r *http.Request, c *clock, kind, id string) {
	n := s.counts.items.Add(1) - 1
	c.wait(r.Context(), s.cfg.Freeze, s.cfg.Delay.Draw(s.cfg.Seed, n))
	if failing(s.cfg.Seed, n, s.cfg.ErrorRate) {
		s.answer(w, http.StatusInternalServerError, failedBody)
		return
	}
	s.answer(w, http.StatusOK, appendItem(make([]byte, 0, 160), kind, id))
}

// item splits /kind/id.
func item(path string) (kind, id string, ok bool) {
	kind, id, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return "", "", false
	}
	return kind, id, kind == "items" || kind == "main" || kind == "related"
}

// started is the running clock; the first call starts it.
func (s *Simulator) started() *clock {
	if c := s.clock.Load(); c != nil {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clock.Load(); c != nil { // another request was first
		return c
	}
	return s.restart()
}

// Start starts the clock anew, at this instant.
func (s *Simulator) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restart()
}

// restart is called with the mutex held.
func (s *Simulator) restart() *clock {
	thawed := make(chan struct{})
	c := &clock{began: time.Now(), thawed: thawed, last: thawed}
	time.AfterFunc(s.cfg.Freeze.End(), func() { close(thawed) })
	s.clock.Store(c)
	return c
}

// age is how long the clock has run.
func (c *clock) age() time.Duration { return time.Since(c.began) }

// wait returns when the answer to a request that came now, and needs the given
// service time, may leave; or when its client has gone.
func (c *clock) wait(ctx context.Context, f Freeze, service time.Duration) {
	came := c.age()
	if f.Holds(came) {
		c.queue(ctx)
		sleep(ctx, service)
		return
	}
	sleep(ctx, f.Leave(came, service)-came)
	if f.Holds(c.age()) { // the timer was late, and now it is too late
		<-c.thawed
	}
}

// queue returns when the freeze is over and all that came before have been let go.
// Each lets go of the next: woken all at once, thousands would leave in an order of
// the scheduler's making, and the longest wait would grow by the time all of them take.
func (c *clock) queue(ctx context.Context) {
	next := make(chan struct{})
	c.mu.Lock()
	turn := c.last
	c.last = next
	c.mu.Unlock()
	select {
	case <-turn:
		close(next)
	case <-ctx.Done(): // its place stays, or those behind it would wait for ever
		go func() {
			<-turn
			close(next)
		}()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
