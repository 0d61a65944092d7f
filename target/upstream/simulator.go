package upstream

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// Config says how the simulator behaves at first. The zero value answers at once, always.
type Config struct {
	Settings
	Freeze     Freeze // At counts from the start, see Simulator
	AdminToken string // by which settings may be seen and changed; "" = from this machine only
}

// Validate reports everything that is wrong with a configuration.
func (c Config) Validate() error { return errors.Join(c.Settings.Validate(), c.Freeze.Validate()) }

// A Simulator is the upstream as an http.Handler:
//
//	GET /items/{id} /main/{id} /related/{id}   a JSON item, after the delay
//	GET /health                                without delay, but frozen with the rest
//	GET /-/stats                               its counters; never frozen, counted as a probe
//	GET|POST /-/upstream                       its settings; POST changes them, see Change
//	POST /-/start                              starts anew: nothing is in the queue, and the freeze is due again
//
// It starts, and the freeze counts from there, with the first request that is no
// probe, or with /-/start. It is safe for concurrent use.
type Simulator struct {
	cfg      Config
	instance uint64
	counts   counts

	mu      sync.Mutex
	set     Settings
	line    *line
	limit   limit
	next    uint64 // number of the next item's request in the seed's sequence
	started bool
}

// New makes a simulator that has not started. Its configuration must be valid.
func New(cfg Config) *Simulator {
	return &Simulator{cfg: cfg, instance: rand.Uint64(), set: cfg.Settings, line: newLine(cfg.Delay),
		limit: newLimit(cfg.RateLimit, cfg.burst())}
}

// ServeHTTP answers one request.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Probe(r) {
		s.counts.probes.Add(1)
		s.probe(w, r)
		return
	}
	s.counts.inFlight.Add(1)
	defer s.counts.inFlight.Add(-1)
	line := s.begin()
	switch kind, id, ok := item(r.URL.Path); {
	case r.URL.Path == "/health":
		line.pass().wait(r.Context())
		s.answer(w, http.StatusOK, okBody)
	case !ok:
		line.pass().wait(r.Context())
		s.answer(w, http.StatusNotFound, notFoundBody)
	case r.Method != http.MethodGet:
		line.pass().wait(r.Context())
		w.Header().Set("Allow", http.MethodGet)
		s.answer(w, http.StatusMethodNotAllowed, notAllowedBody)
	default:
		s.item(w, r, kind, id)
	}
}

// item splits /kind/id.
func item(path string) (kind, id string, ok bool) {
	kind, id, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return "", "", false
	}
	return kind, id, kind == "items" || kind == "main" || kind == "related"
}

// begin is the running line; the first call starts it.
func (s *Simulator) begin() *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		s.started = true
		s.line.freeze(s.cfg.Freeze)
	}
	return s.line
}

// Start starts anew, at this instant. What is under way leaves as it would have.
func (s *Simulator) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = true
	s.line = newLine(s.set.Delay)
	s.limit = newLimit(s.set.RateLimit, s.set.burst())
	s.line.freeze(s.cfg.Freeze)
}

// A fate is what becomes of an item's request.
type fate int

const (
	served   fate = iota
	failed        // answered 500
	refused       // answered 503: the queue was full
	limited       // answered 429
	withdrew      // its connection is reset
)

// A ruling is what was decided about an item's request when it came. Settings that
// change afterwards do not touch it.
type ruling struct {
	place place
	fate  fate
	retry time.Duration // limited: after which one would pass
	set   Settings
}

// rule decides about the request that has just come. Request n of the seed always has
// the same service time and the same luck.
func (s *Simulator) rule() ruling {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := ruling{set: s.set}
	n := s.next
	s.next++
	retry, ok := s.limit.take(s.line.seen())
	if !ok {
		r.fate, r.retry, r.place = limited, retry, s.line.pass()
		return r
	}
	r.place = s.line.admit(s.set.Delay.Draw(s.set.Seed, n))
	switch {
	case r.place.job.Fate == queue.Refused:
		r.fate = refused
	case strikes(s.set.Seed, resets, n, s.set.ResetRate):
		r.fate = withdrew
	case strikes(s.set.Seed, failures, n, s.set.ErrorRate):
		r.fate = failed
	}
	return r
}

// item answers an item when its time has come, if it does.
func (s *Simulator) item(w http.ResponseWriter, r *http.Request, kind, id string) {
	what := s.rule()
	what.place.wait(r.Context())
	s.counts.fates[what.fate].Add(1)
	switch what.fate {
	case withdrew:
		reset(w)
	case limited:
		w.Header().Set("Retry-After", seconds(what.retry))
		s.answer(w, http.StatusTooManyRequests, limitedBody)
	case refused:
		s.answer(w, http.StatusServiceUnavailable, refusedBody)
	case failed:
		s.answer(w, http.StatusInternalServerError, failedBody)
	default:
		s.serve(r.Context(), w, what, newItem(kind, id, what.set.BodyBytes))
	}
}
