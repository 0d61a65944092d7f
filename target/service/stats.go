package service

import (
	"fmt"
	"time"
)

// Stats is what GET /-/stats answers: the sums over all workers, then each worker.
//
// Probes are requests to /-/…, to /.well-known/loadctl, and those that carry the
// header Loadctl-Probe: 1. They are counted in Probes and nowhere else, and a
// connection whose latest request was a probe is counted in Probing instead of
// Connections, so that looking does not change what is seen.
type Stats struct {
	Schema   string `json:"schema"`
	Instance string `json:"instance"` // random; counts of another one begin anew
	Address  string `json:"address"`  // at which it was asked
	Counts
	UpstreamURL string   `json:"upstream_url"`
	Workers     []Worker `json:"workers"`
}

// Counts are the numbers of one worker, or their sums. See Slot for the moment at
// which a request counts.
type Counts struct {
	Requests    uint64            `json:"requests"`  // answered, probes apart
	Routes      map[string]uint64 `json:"routes"`    // the same by route
	Responses   map[string]uint64 `json:"responses"` // the same by status class
	Abandoned   uint64            `json:"abandoned"` // of these, the client had gone before the answer
	Probes      uint64            `json:"probes"`
	Connections int64             `json:"connections_open"`
	Accepted    uint64            `json:"connections_accepted"` // those of probes too
	Probing     int64             `json:"probe_connections_open"`
	InFlight    int64             `json:"in_flight"`
	Starts      uint64            `json:"starts"` // processes started, replacements included
	Pool        Pool              `json:"upstream"`
}

// Pool is the state of the connections to the upstream.
type Pool struct {
	Open    int64             `json:"open"`
	InUse   int64             `json:"in_use"` // calls that hold a place in the pool
	Idle    int64             `json:"idle"`
	Waiting int64             `json:"waiting"` // calls that wait for a place now
	Calls   uint64            `json:"calls"`
	Dials   uint64            `json:"dials"`
	Waits   uint64            `json:"waits"`   // calls that found no place
	WaitMS  float64           `json:"wait_ms"` // how long those waited, in all
	Failed  map[string]uint64 `json:"failed"`
}

// A Worker is one slot of the board.
type Worker struct {
	Worker int   `json:"worker"`
	PID    int64 `json:"pid"` // 0 while there is no process
	Counts
}

// Stats reads the whole board.
func (b *Board) Stats(upstreamURL string) Stats {
	all := Stats{Schema: "loadctl-target/1", Instance: fmt.Sprintf("%016x", b.Slot(0).instance.Load()), Counts: noCounts(), UpstreamURL: upstreamURL}
	for i := range b.Len() {
		w := Worker{Worker: i, PID: b.Slot(i).pid.Load(), Counts: b.Slot(i).counts()}
		all.add(w.Counts)
		all.Workers = append(all.Workers, w)
	}
	return all
}

func noCounts() Counts {
	return Counts{Routes: map[string]uint64{}, Responses: map[string]uint64{}, Pool: Pool{Failed: map[string]uint64{}}}
}

// counts reads one slot. Requests is the sum of what was read, so that the total
// and its parts agree even while the worker counts on.
func (s *Slot) counts() Counts {
	c := noCounts()
	for r, name := range routeNames {
		c.Routes[name] = 0
		for class, className := range classNames {
			if className == "" {
				continue
			}
			n := s.answered[r][class].Load()
			c.Routes[name] += n
			c.Responses[className] += n
			c.Requests += n
		}
	}
	c.Abandoned, c.Probes, c.Starts = s.abandoned.Load(), s.probes.Load(), s.starts.Load()
	c.Connections, c.Probing, c.Accepted = s.open.Load(), s.probing.Load(), s.accepted.Load()
	c.InFlight, c.Pool = s.inFlight.Load(), s.pool()
	return c
}

func (s *Slot) pool() Pool {
	p := Pool{Open: s.poolOpen.Load(), InUse: s.poolUsed.Load(), Waiting: s.waiting.Load(),
		Calls: s.calls.Load(), Dials: s.dials.Load(), Waits: s.waits.Load(),
		WaitMS: float64(s.waitNanos.Load()) / float64(time.Millisecond), Failed: map[string]uint64{}}
	p.Idle = max(0, p.Open-p.InUse)
	for f, name := range failureNames {
		p.Failed[name] = s.failed[f].Load()
	}
	return p
}

func (c *Counts) add(o Counts) {
	c.Requests += o.Requests
	addAll(c.Routes, o.Routes)
	addAll(c.Responses, o.Responses)
	c.Abandoned += o.Abandoned
	c.Probes += o.Probes
	c.Connections += o.Connections
	c.Accepted += o.Accepted
	c.Probing += o.Probing
	c.InFlight += o.InFlight
	c.Starts += o.Starts
	c.Pool.add(o.Pool)
}

func (p *Pool) add(o Pool) {
	p.Open += o.Open
	p.InUse += o.InUse
	p.Idle += o.Idle
	p.Waiting += o.Waiting
	p.Calls += o.Calls
	p.Dials += o.Dials
	p.Waits += o.Waits
	p.WaitMS += o.WaitMS
	addAll(p.Failed, o.Failed)
}

func addAll(sum, more map[string]uint64) {
	for k, n := range more {
		sum[k] += n
	}
}
