package service

import "sync/atomic"

// A route is a row of the counters.
type route int

const (
	routeItems route = iota
	routeHealth
	routeOther // whatever no route answers: 404s
	routes
)

var routeNames = [routes]string{"/items/{id}", "/health", "(other)"}

// classes are the status classes, 0 unused, so that status/100 is the index.
const classes = 6

var classNames = [classes]string{2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}

// A failure is why an upstream call gave nothing to use.
type failure int

const (
	failUnreachable failure = iota // no connection, or it broke
	failTimeout                    // no answer in time, the wait for the pool included
	failStatus                     // an answer other than 2xx
	failOther                      // an answer that is no JSON, or too large
	failGone                       // our own client went away first
	failures
)

var failureNames = [failures]string{"unreachable", "timeout", "bad_status", "other", "client_gone"}

// A Slot is what one worker counts, in memory shared with the master and the other
// workers. It belongs to the place, not to the process: the replacement of a
// worker that died goes on counting in the same slot.
//
// When a request counts. Service counts an answered request when the response is
// complete, just before its first byte is handed to the connection. So whoever
// has read a response finds it counted, and on a clean run the sum over all slots
// equals the client's ok + http_error + check_failed exactly, as soon as the last
// response was read. A response that its client did not wait for, or that dies with
// the worker, may have been counted: on a faulty run the sum lies between
// that number and that number + timeout + conn_error + censored.
type Slot struct {
	instance atomic.Uint64 // of the whole board; kept in the first slot alone

	// Totals only grow, and outlive the worker.
	answered  [routes][classes]atomic.Uint64
	probes    atomic.Uint64
	abandoned atomic.Uint64 // answered, but the client had gone
	accepted  atomic.Uint64
	starts    atomic.Uint64
	calls     atomic.Uint64 // upstream calls begun
	dials     atomic.Uint64 // upstream connections opened
	failed    [failures]atomic.Uint64
	waits     atomic.Uint64 // calls that found the pool full
	waitNanos atomic.Uint64

	// Gauges say how things stand in the process that lives now.
	pid      atomic.Int64
	open     atomic.Int64 // connections, but those of probes
	probing  atomic.Int64 // connections whose latest request was a probe
	inFlight atomic.Int64
	poolOpen atomic.Int64
	poolUsed atomic.Int64
	waiting  atomic.Int64
}

// Begin marks the slot as used by a process that has just started.
func (s *Slot) Begin(pid int) {
	s.Reset()
	s.pid.Store(int64(pid))
	s.starts.Add(1)
}

// Reset clears the gauges of a worker that is gone, whatever it was doing. The
// totals stay.
func (s *Slot) Reset() {
	for _, gauge := range []*atomic.Int64{&s.pid, &s.open, &s.probing, &s.inFlight, &s.poolOpen, &s.poolUsed, &s.waiting} {
		gauge.Store(0)
	}
}

// ConnOpened counts an accepted connection.
func (s *Slot) ConnOpened() {
	s.accepted.Add(1)
	s.open.Add(1)
}

// ConnProbes moves a connection to those of probes, or back.
func (s *Slot) ConnProbes(yes bool) {
	n := int64(-1)
	if yes {
		n = 1
	}
	s.probing.Add(n)
	s.open.Add(-n)
}

// ConnClosed counts a connection out; probe says where ConnProbes left it.
func (s *Slot) ConnClosed(probe bool) {
	if probe {
		s.probing.Add(-1)
		return
	}
	s.open.Add(-1)
}
