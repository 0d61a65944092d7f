package upstream

import (
	"fmt"
	"sync/atomic"
)

// counts is what the simulator counts of itself.
type counts struct {
	answered [6]atomic.Uint64 // by status/100
	fates    [withdrew + 1]atomic.Uint64
	dribbled atomic.Uint64
	probes   atomic.Uint64
	accepted atomic.Uint64
	inFlight atomic.Int64
	open     atomic.Int64 // connections, but those of probes
	probing  atomic.Int64 // connections whose latest request was a probe
}

// Stats is what GET /-/stats answers. A request is counted just before its answer
// is written, or its connection reset; those of items are served + failed + refused +
// limited + resets. Requests are answered ones: a reset is none. Probes are requests to
// /-/… and those with the header Loadctl-Probe: 1; they and their connections are in no
// other number.
type Stats struct {
	Schema      string            `json:"schema"`
	Instance    string            `json:"instance"` // random; counts of another one begin anew
	Address     string            `json:"address"`  // at which it was asked
	Requests    uint64            `json:"requests"`
	Responses   map[string]uint64 `json:"responses"` // by class: 2xx, 4xx, 5xx
	Served      uint64            `json:"served"`    // items: 200
	Failed      uint64            `json:"failed"`    // 500, by the error rate
	Refused     uint64            `json:"refused"`   // 503: the queue was full
	Limited     uint64            `json:"limited"`   // 429, by the rate limit
	Resets      uint64            `json:"resets"`    // no answer
	Dribbled    uint64            `json:"dribbled"`  // of the served: slow ones
	Inside      int               `json:"inside"`    // items that are served, or wait for it
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
	s.mu.Lock()
	delay, line := s.set.Delay.String(), s.line
	s.mu.Unlock()
	c := &s.counts
	out := Stats{Schema: "loadctl-upstream/1", Instance: fmt.Sprintf("%016x", s.instance), Responses: map[string]uint64{},
		Served: c.fates[served].Load(), Failed: c.fates[failed].Load(), Refused: c.fates[refused].Load(),
		Limited: c.fates[limited].Load(), Resets: c.fates[withdrew].Load(), Dribbled: c.dribbled.Load(),
		Inside: line.inside(), Probes: c.probes.Load(), Connections: c.open.Load(), Accepted: c.accepted.Load(),
		Probing: c.probing.Load(), InFlight: c.inFlight.Load(), Delay: delay, Frozen: line.frozen()}
	for class, name := range map[int]string{2: "2xx", 4: "4xx", 5: "5xx"} {
		n := c.answered[class].Load()
		out.Responses[name] = n
		out.Requests += n
	}
	return out
}

// Told are Settings as GET /-/upstream tells them, by the names of the flags. The burst
// is the one in force.
type Told struct {
	Delay     string  `json:"delay"`
	Seed      uint64  `json:"seed"`
	ErrorRate float64 `json:"error-rate"`
	ResetRate float64 `json:"reset-rate"`
	RateLimit float64 `json:"rate-limit"`
	RateBurst int     `json:"rate-burst"`
	SlowBytes int     `json:"slow-bytes"`
	BodyBytes int     `json:"body-bytes"`
	Frozen    bool    `json:"frozen"`
}

// Told reads the settings.
func (s *Simulator) Told() Told {
	s.mu.Lock()
	set, line := s.set, s.line
	s.mu.Unlock()
	return Told{Delay: set.Delay.String(), Seed: set.Seed, ErrorRate: set.ErrorRate, ResetRate: set.ResetRate,
		RateLimit: set.RateLimit, RateBurst: set.burst(), SlowBytes: set.SlowBytes, BodyBytes: set.BodyBytes, Frozen: line.frozen()}
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
