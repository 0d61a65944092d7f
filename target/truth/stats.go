package truth

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// counts is what a server counts of itself, under its mutex.
type counts struct {
	arrived, unsent, probes, accepted uint64
	fates                             [queue.Swallowed + 1]uint64
	late                              lateness
}

// answered counts an answer that is about to be written: whoever has read it finds
// it counted.
func (c *counts) answered(f queue.Fate, late time.Duration) {
	c.fates[f]++
	c.late.add(late)
}

// lateness counts answers by how late they were, to the microsecond.
type lateness struct {
	n, sum, most uint64
	by           [1 << 17]uint64 // the last one: and more
}

func (l *lateness) add(d time.Duration) {
	us := uint64(max(0, micros(d)))
	l.n++
	l.sum += us
	l.most = max(l.most, us)
	l.by[min(us, uint64(len(l.by)-1))]++
}

// percentile is the value at rank ⌈p·n⌉, p in thousandths.
func (l *lateness) percentile(p uint64) uint64 {
	rank, seen := (l.n*p+999)/1000, uint64(0)
	for us, n := range l.by {
		if seen += n; seen >= rank && us < len(l.by)-1 {
			return uint64(us)
		}
	}
	return l.most
}

// Stats is what GET /-/queue answers. Requests are arrived = answered + inside +
// swallowed; answered = served + failed + refused. Probes, see isProbe, are in no
// other number.
type Stats struct {
	Schema      string            `json:"schema"`
	Instance    string            `json:"instance"` // random; counts of another one begin anew
	Address     string            `json:"address"`  // at which it was asked
	Settings    Settings          `json:"settings"`
	Frozen      bool              `json:"frozen"`
	Arrived     uint64            `json:"arrived"`
	Inside      int               `json:"inside"`   // arrived, and their answers are still to leave
	Requests    uint64            `json:"requests"` // answered
	Served      uint64            `json:"served"`
	Failed      uint64            `json:"failed"`
	Refused     uint64            `json:"refused"`
	Swallowed   uint64            `json:"swallowed"`
	Unsent      uint64            `json:"unsent"` // of the answered: the client had gone, or took nothing
	Responses   map[string]uint64 `json:"responses"`
	Late        Late              `json:"late_us"`
	Probes      uint64            `json:"probes"`
	Connections int               `json:"connections_open"`
	Accepted    uint64            `json:"connections_accepted"`
}

// Settings are queue.Settings by the names of the flags; the mean is the one in force,
// which is the pools' where there are any.
type Settings struct {
	Service   queue.Kind `json:"service"`
	Mean      string     `json:"mean"`
	CV        float64    `json:"cv"`
	Servers   int        `json:"servers"`
	Pool      int        `json:"pool,omitempty"`
	Workers   int        `json:"workers,omitempty"`
	Capacity  int        `json:"capacity"`
	Slow      float64    `json:"slow"`
	ErrorRate float64    `json:"error-rate"`
	BlackHole bool       `json:"black-hole"`
	Seed      uint64     `json:"seed"`
}

// Late is how late answers were written, in microseconds.
type Late struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	P50   uint64  `json:"p50"`
	P99   uint64  `json:"p99"`
	P999  uint64  `json:"p999"`
	Max   uint64  `json:"max"`
}

// Stats reads settings and counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counts
	answered := c.fates[queue.Served] + c.fates[queue.Failed] + c.fates[queue.Refused]
	return Stats{Schema: "loadctl-queue/1", Instance: fmt.Sprintf("%016x", s.instance), Settings: settings(s.queue.Settings()), Frozen: s.queue.Frozen(s.now()),
		Arrived: c.arrived, Inside: len(s.waiting), Requests: answered,
		Served: c.fates[queue.Served], Failed: c.fates[queue.Failed],
		Refused: c.fates[queue.Refused], Swallowed: c.fates[queue.Swallowed], Unsent: c.unsent,
		Responses: map[string]uint64{"2xx": c.fates[queue.Served], "5xx": c.fates[queue.Failed] + c.fates[queue.Refused]},
		Late:      c.late.told(), Probes: c.probes, Connections: len(s.conns), Accepted: c.accepted}
}

func settings(q queue.Settings) Settings {
	slow := q.Slow
	if slow == 0 {
		slow = 1
	}
	return Settings{Service: q.Law.Kind, Mean: q.InForce().Mean.String(), CV: q.Law.CV, Servers: q.Servers, Pool: q.Pools.Pool, Workers: q.Pools.Workers, Capacity: q.Capacity,
		Slow: slow, ErrorRate: q.ErrorRate, BlackHole: q.BlackHole, Seed: q.Seed}
}

func (l *lateness) told() Late {
	if l.n == 0 {
		return Late{}
	}
	return Late{Count: l.n, Mean: float64(l.sum) / float64(l.n), P50: l.percentile(500), P99: l.percentile(990),
		P999: l.percentile(999), Max: l.most}
}
