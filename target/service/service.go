package service

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// Config is what one worker's service needs.
type Config struct {
	Settings  knobs.Settings `json:"-"` // with an Upstream; workers read them from the board
	AuthToken string         // answer of /.well-known/loadctl; "" = 404
	Database  string         // path of the SQLite file that an empty database_url means; "" = one of this worker alone
	Log       *slog.Logger   `json:"-"` // nil = silent
}

// A Service answers what docs/target.md lists, and errors as {"detail", "request_id"}.
// It is safe for concurrent use.
type Service struct {
	token string
	own   string // Config.Database
	log   *slog.Logger
	board *board.Board
	slot  *counts.Slot
	named atomic.Uint64 // request ids given out
	now   atomic.Pointer[state]

	applying sync.Mutex
	leaving  chan struct{} // closed by Leave
	leave    func()
}

// A state is the settings in force, and what was built from them.
type state struct {
	knobs.Settings
	depends
	pool   *pool
	health atomic.Pointer[[]byte] // the body of /health
}

// New makes the service of one worker, counting in the given slot of the board. A
// database or cache that is down is no error: /health says so.
func New(cfg Config, shared *board.Board, slot int) (*Service, error) {
	s := &Service{token: cfg.AuthToken, own: cfg.Database, log: cfg.Log, board: shared, slot: shared.Slot(slot), leaving: make(chan struct{})}
	s.leave = sync.OnceFunc(func() { close(s.leaving) })
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := cfg.Settings.Validate(); err != nil {
		return nil, err
	}
	behind, err := s.open(cfg.Settings)
	if err != nil {
		return nil, err
	}
	now := &state{Settings: cfg.Settings, depends: behind, pool: newPool(cfg.Settings, &s.slot.Upstream)}
	now.health.Store(&healthy)
	s.now.Store(now)
	return s, nil
}

// Apply puts other settings in force, for requests that come from now on; those under
// way end by the old ones.
func (s *Service) Apply(settings knobs.Settings) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if err := settings.Validate(); err != nil {
		return err
	}
	before := s.now.Load()
	behind, err := s.applied(before, settings)
	if err != nil {
		return err
	}
	next := &state{Settings: settings, depends: behind, pool: before.pool}
	next.health.Store(before.health.Load())
	if poolChanged(before.Settings, settings) {
		next.pool = newPool(settings, &s.slot.Upstream)
	}
	s.now.Store(next)
	if next.pool != before.pool {
		before.pool.retire()
	}
	return nil
}

// Slot is where the service counts.
func (s *Service) Slot() *counts.Slot { return s.slot }

// Leave ends what would never end by itself: streams and sockets. Their clients are
// told to go.
func (s *Service) Leave() { s.leave() }

// Close lets go of connections to upstream, database and cache.
func (s *Service) Close() error {
	now := s.now.Load()
	now.pool.retire()
	return now.close()
}

// An exchange is one request while it is answered.
type exchange struct {
	*state
	w     http.ResponseWriter
	r     *http.Request
	route counts.Route
	id    string // in the path
	began time.Time
	parts parts
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Probe(r) {
		s.slot.Probes.Add(1)
		s.probe(w, r)
		return
	}
	s.slot.InFlight.Add(1)
	defer s.slot.InFlight.Add(-1)
	x := exchange{state: s.now.Load(), w: w, r: r, began: time.Now()}
	if id := r.Header["X-Request-Id"]; len(id) > 0 && worthRepeating(id[0]) {
		w.Header()["X-Request-Id"] = id[:1]
	}
	x.route, x.id = find(r.Method, r.URL.Path)
	if !allowed(x.route, r.Method) {
		w.Header().Set("Allow", allow[x.route])
		s.fail(&x, http.StatusMethodNotAllowed, "Method Not Allowed")
		return
	}
	s.dispatch(&x)
}

func (s *Service) dispatch(x *exchange) {
	switch x.route {
	case counts.RouteItems:
		s.items(x)
	case counts.RouteHealth:
		s.answer(x, http.StatusOK, *x.health.Load())
	case counts.RouteList:
		s.list(x)
	case counts.RouteAdd:
		s.add(x)
	case counts.RouteDetail:
		s.detail(x)
	case counts.RouteCached, counts.RouteCachedDetail:
		s.cached(x)
	case counts.RouteLogin:
		s.login(x)
	case counts.RouteSession:
		s.session(x)
	case counts.RouteWebSocket:
		s.socket(x)
	case counts.RouteEvents:
		s.events(x)
	case counts.RouteStatic:
		s.static(x)
	case counts.RouteBytes:
		s.bytes(x)
	default:
		s.fail(x, http.StatusNotFound, "Not Found")
	}
}

// Tend keeps /health true, and returns when ctx ends.
func (s *Service) Tend(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		s.examine(ctx)
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}
