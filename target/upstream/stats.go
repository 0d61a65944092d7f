package upstream

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// counts is what the simulator counts of itself.
type counts struct {
	answered [6]atomic.Uint64 // by status/100
	items    atomic.Uint64    // item requests begun; numbers the draws
	probes   atomic.Uint64
	accepted atomic.Uint64
	inFlight atomic.Int64
	open     atomic.Int64 // connections, but those of probes
	probing  atomic.Int64 // connections whose latest request was a probe
}

// Stats is what GET /-/stats answers. A request is counted just before its answer
// is written. Probes are requests to /-/… and those with the header
// Loadctl-Probe: 1; they and their connections are in no other number.
type Stats struct {
	Schema      string            `json:"schema"`
	Instance    string            `json:"instance"` // random; counts of another one begin anew
	Address     string            `json:"address"`  // at which it was asked
	Requests    uint64            `json:"requests"`
	Responses   map[string]uint64 `json:"responses"` // by class: 2xx, 4xx, 5xx
	Probes      uint64            `json:"probes"`
	Connections int64             `json:"connections_open"`
	Accepted    uint64            `json:"connections_accepted"` // those of probes too
	Probing     int64             `json:"probe_connections_open"`
	InFlight    int64             `json:"in_flight"`
	Delay       string            `json:"delay"`
	Frozen      bool              `json:"frozen"`
}

// Stats reads the counters.
func (s *Simulator) Stats() Stats {
	out := Stats{Schema: "loadctl-upstream/1", Instance: fmt.Sprintf("%016x", s.instance), Responses: map[string]uint64{},
		Probes: s.counts.probes.Load(), Connections: s.counts.open.Load(), Accepted: s.counts.accepted.Load(),
		Probing: s.counts.probing.Load(), InFlight: s.counts.inFlight.Load(),
		Delay: s.cfg.Delay.String(), Frozen: s.frozen()}
	for class, name := range map[int]string{2: "2xx", 4: "4xx", 5: "5xx"} {
		n := s.counts.answered[class].Load()
		out.Responses[name] = n
		out.Requests += n
	}
	return out
}

// Probe says whether a request is about the simulator rather than for it.
func (s *Simulator) Probe(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/-/") || r.Header.Get("Loadctl-Probe") == "1"
}

// ConnOpened counts an accepted connection.
func (s *Simulator) ConnOpened() { s.counts.accepted.Add(1); s.counts.open.Add(1) }

// ConnProbes moves a connection to those of probes, or back.
func (s *Simulator) ConnProbes(yes bool) {
	n := int64(-1)
	if yes {
		n = 1
	}
	s.counts.probing.Add(n)
	s.counts.open.Add(-n)
}

// ConnClosed counts a connection out; probe says where ConnProbes left it.
func (s *Simulator) ConnClosed(probe bool) {
	if probe {
		s.counts.probing.Add(-1)
		return
	}
	s.counts.open.Add(-1)
}

// probe answers what is counted apart. A probe of a served path is answered at
// once, without delay: it asks whether the simulator is there.
func (s *Simulator) probe(w http.ResponseWriter, r *http.Request) {
	_, _, isItem := item(r.URL.Path)
	switch {
	case r.URL.Path == "/-/stats":
		stats := s.Stats()
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			stats.Address = at.String()
		}
		body, _ := json.MarshalIndent(stats, "", "  ") // a struct of numbers always marshals
		writeJSON(w, http.StatusOK, append(body, '\n'))
	case r.URL.Path == "/-/start" && r.Method == http.MethodPost:
		s.Start()
		writeJSON(w, http.StatusOK, []byte(okBody))
	case r.URL.Path == "/health" || isItem:
		writeJSON(w, http.StatusOK, []byte(okBody))
	default:
		writeJSON(w, http.StatusNotFound, []byte(notFoundBody))
	}
}

func (s *Simulator) frozen() bool {
	c := s.clock.Load()
	return c != nil && s.cfg.Freeze.Holds(c.age())
}
