package counts

import (
	"sync/atomic"
	"time"
)

// A Slot is what one worker counts, in memory shared with the master and the other
// workers. It is allotted to a process; when that has ended, another one goes on
// counting in it.
//
// When a request counts. Service counts an answered request when the response is
// complete, just before its first byte is handed to the connection. So whoever
// has read a response finds it counted, and on a clean run the sum over all slots
// equals the client's ok + http_error + check_failed exactly, as soon as the last
// response was read. A response that its client did not wait for, or that dies with
// the worker, may have been counted: on a faulty run the sum lies between
// that number and that number + timeout + conn_error + censored.
type Slot struct {
	// Totals only grow, and outlive the worker.
	Answered  [Routes][Classes]atomic.Uint64
	Took      [Routes]Distribution // from reading a request to answering it
	Probes    atomic.Uint64
	Abandoned atomic.Uint64 // answered, but the client had gone
	Accepted  atomic.Uint64
	QueueWait Distribution // how long accepted connections had waited in the listening queue
	Starts    atomic.Uint64
	Upstream  Pool
	Databases [MaxDatabases]Pool
	Cache     Cache

	// Gauges say how things stand in the process that lives now.
	PID      atomic.Int64
	Open     atomic.Int64 // connections, but those of probes
	Probing  atomic.Int64 // connections whose latest request was a probe
	InFlight atomic.Int64
	Fresh    atomic.Int64 // connections that have not asked anything yet, or not to the end
	Active   atomic.Int64 // connections with a request that is being answered
	Process  Process
}

// A Pool counts one pool of connections, to an upstream or a database.
type Pool struct {
	Calls    atomic.Uint64 // calls begun: each wants a connection
	Waits    atomic.Uint64 // of these, found none free
	Timeouts atomic.Uint64 // of these, got none in time
	Dials    atomic.Uint64 // connections opened
	Overflow atomic.Uint64 // of these, closed when given back, as they were beyond the pool's size
	Recycled atomic.Uint64 // closed for their age, or idle for too long
	Stale    atomic.Uint64 // found dead when they were to be used, and replaced
	Failed   [Failures]atomic.Uint64
	Wait     Distribution // of the calls that waited, those in vain too
	Took     Distribution // of the calls that had a connection

	Open    atomic.Int64 // gauges
	InUse   atomic.Int64
	Waiting atomic.Int64
}

// A Cache counts what was asked of the cache.
type Cache struct {
	Hits      atomic.Uint64
	Misses    atomic.Uint64 // loaded by this worker
	Coalesced atomic.Uint64 // waited for another's load
	Bypassed  atomic.Uint64 // loaded without the cache, which could not be asked
	Errors    atomic.Uint64 // of the cache itself
	Evicted   atomic.Uint64
	Took      Distribution // of asking it, loads apart
	Entries   atomic.Int64 // gauge; of a cache in the worker's memory
}

// Process is what a worker tells of itself at each heartbeat.
type Process struct {
	Beat       atomic.Int64 // when, in ns of the machine's monotonic clock
	CPU        atomic.Int64 // used since it started, ns
	RSS        atomic.Int64 // bytes
	Heap       atomic.Int64 // live bytes
	Goroutines atomic.Int64
	Files      atomic.Int64 // open descriptors
	GCs        atomic.Int64
	GCPause    atomic.Int64 // in all, ns
	DiskRead   atomic.Int64 // bytes
	DiskWrite  atomic.Int64
	Port       atomic.Int64 // on 127.0.0.1, of its profiles
	Settings   atomic.Int64 // the version of the settings in force
	Refused    atomic.Int64 // the version of those that could not be put in force
	Retiring   atomic.Int64 // 1 while it drains
	Places     atomic.Int64 // connections that it may hold; those beyond wait in its queue
	Room       atomic.Int64 // connections that its limit of open files leaves room for
	MostFiles  atomic.Int64 // that limit
	Queued     atomic.Int64 // connections that wait in the queue of its socket
}

// Begin marks the slot as used by a process that has just started.
func (s *Slot) Begin(pid int) {
	s.Reset()
	s.PID.Store(int64(pid))
	s.Starts.Add(1)
}

// Reset clears the gauges of a worker that is gone, whatever it was doing. The
// totals stay.
func (s *Slot) Reset() {
	for _, gauge := range []*atomic.Int64{&s.PID, &s.Open, &s.Probing, &s.InFlight, &s.Fresh, &s.Active, &s.Cache.Entries} {
		gauge.Store(0)
	}
	s.Upstream.reset()
	for i := range s.Databases {
		s.Databases[i].reset()
	}
	s.Process.reset()
}

func (p *Pool) reset() {
	p.Open.Store(0)
	p.InUse.Store(0)
	p.Waiting.Store(0)
}

func (p *Process) reset() {
	for _, gauge := range []*atomic.Int64{&p.Beat, &p.CPU, &p.RSS, &p.Heap, &p.Goroutines, &p.Files, &p.GCs, &p.GCPause, &p.DiskRead, &p.DiskWrite, &p.Port, &p.Settings, &p.Refused, &p.Retiring, &p.Places, &p.Room, &p.MostFiles, &p.Queued} {
		gauge.Store(0)
	}
}

// Waited counts a call that had to wait for a connection, and how long.
func (p *Pool) Waited(d time.Duration) {
	p.Waits.Add(1)
	p.Wait.Add(d)
}

// ConnOpened counts an accepted connection.
func (s *Slot) ConnOpened() {
	s.Accepted.Add(1)
	s.Open.Add(1)
}

// ConnProbes moves a connection to those of probes, or back.
func (s *Slot) ConnProbes(yes bool) {
	n := int64(-1)
	if yes {
		n = 1
	}
	s.Probing.Add(n)
	s.Open.Add(-n)
}

// ConnClosed counts a connection out; probe says where ConnProbes left it.
func (s *Slot) ConnClosed(probe bool) {
	if probe {
		s.Probing.Add(-1)
		return
	}
	s.Open.Add(-1)
}
