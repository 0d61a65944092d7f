package service

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/counts"
)

// A Service answers
//
//	GET       /items/{id}             an item, from two upstream calls
//	GET, HEAD /health                 {"status":"ok"}, without any
//	GET       /-/stats                Stats, of all workers
//	GET       /.well-known/loadctl    AuthToken: the owner's word that this may be loaded
//
// and errors as {"detail", "request_id"}. It is safe for concurrent use.
type Service struct {
	token string
	board *board.Board
	slot  *counts.Slot
	state atomic.Pointer[state]
	named atomic.Uint64 // request ids given out
}

// New makes the service of one worker, counting in the given slot of the board.
func New(cfg Config, shared *board.Board, slot int) *Service {
	s := &Service{token: cfg.AuthToken, board: shared, slot: shared.Slot(slot)}
	s.state.Store(&state{Settings: cfg.Settings, pool: newPool(poolOf(cfg.Settings), &s.slot.Upstream)})
	return s
}

// Slot is where the service counts.
func (s *Service) Slot() *counts.Slot { return s.slot }

// Probe says whether a request is about the service rather than for it.
func (s *Service) Probe(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/-/") || r.URL.Path == wellKnown || r.Header.Get("Loadctl-Probe") == "1"
}

const wellKnown = "/.well-known/loadctl"

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Probe(r) {
		s.slot.Probes.Add(1)
		s.probe(w, r)
		return
	}
	s.slot.InFlight.Add(1)
	defer s.slot.InFlight.Add(-1)
	switch rt, id := find(r.URL.Path); {
	case rt == counts.RouteOther:
		s.fail(w, r, rt, http.StatusNotFound, "Not Found")
	case !allowed(rt, r.Method):
		w.Header().Set("Allow", allow[rt])
		s.fail(w, r, rt, http.StatusMethodNotAllowed, "Method Not Allowed")
	case rt == counts.RouteItems:
		s.items(w, r, id)
	default:
		s.answer(w, r, rt, http.StatusOK, healthy)
	}
}

// find is the route of a path, and the id in it.
func find(path string) (counts.Route, string) {
	if path == "/health" {
		return counts.RouteHealth, ""
	}
	id, ok := strings.CutPrefix(path, "/items/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return counts.RouteOther, ""
	}
	return counts.RouteItems, id
}

var (
	healthy = []byte(`{"status":"ok"}` + "\n")
	allow   = [counts.Routes]string{counts.RouteItems: "GET", counts.RouteHealth: "GET, HEAD"}
)

func allowed(rt counts.Route, method string) bool {
	return method == http.MethodGet || rt == counts.RouteHealth && method == http.MethodHead
}

// probe answers what is counted apart. No probe calls the upstream: it asks
// whether the service is there.
func (s *Service) probe(w http.ResponseWriter, r *http.Request) {
	rt, _ := find(r.URL.Path)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		writeJSON(w, http.StatusMethodNotAllowed, s.problem(w, r, "Method Not Allowed"))
	case r.URL.Path == "/-/stats":
		stats := s.board.Stats()
		stats.UpstreamURL = s.state.Load().Upstream
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			stats.Address = at.String()
		}
		body, _ := json.MarshalIndent(stats, "", "  ") // numbers and names always marshal
		writeJSON(w, http.StatusOK, append(body, '\n'))
	case r.URL.Path == wellKnown && s.token != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(s.token))
	case rt != counts.RouteOther:
		writeJSON(w, http.StatusOK, healthy)
	default:
		writeJSON(w, http.StatusNotFound, s.problem(w, r, "Not Found"))
	}
}
