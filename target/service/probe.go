package service

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

const wellKnown = "/.well-known/loadctl"

// Probe says whether a request is about the service rather than for it.
func (s *Service) Probe(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/-/") || r.URL.Path == wellKnown || r.Header.Get("Loadctl-Probe") == "1"
}

// probe answers what is counted apart. No probe calls upstream or database: it asks
// whether the service is there.
func (s *Service) probe(w http.ResponseWriter, r *http.Request) {
	rt, _ := find(r.Method, r.URL.Path)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		writeJSON(w, http.StatusMethodNotAllowed, s.problem(w, r, "Method Not Allowed"))
	case r.URL.Path == "/-/stats":
		s.stats(w, r)
	case r.URL.Path == wellKnown && s.token != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(s.token))
	case rt == counts.RouteHealth:
		writeJSON(w, http.StatusOK, *s.now.Load().health.Load())
	case rt != counts.RouteOther:
		writeJSON(w, http.StatusOK, healthy)
	default:
		writeJSON(w, http.StatusNotFound, s.problem(w, r, "Not Found"))
	}
}

func (s *Service) stats(w http.ResponseWriter, r *http.Request) {
	now := s.now.Load()
	stats := s.board.Stats().Named(now.Database)
	stats.UpstreamURL, stats.Settings = knobs.Redacted(now.Upstream), now.Told()
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		stats.Address = at.String()
	}
	body, _ := json.MarshalIndent(stats, "", "  ") // numbers and names always marshal
	writeJSON(w, http.StatusOK, append(body, '\n'))
}
