package counts

import "sync/atomic"

// Master is what the master of the workers counts.
type Master struct {
	Instance atomic.Uint64 // random, of the whole board
	Workers  atomic.Int64  // asked for
	Settings atomic.Int64  // version of the settings; 1 at the start
	Reloads  atomic.Uint64 // HUPs
	Retired  atomic.Uint64 // workers that finished what they had: asked by the master, a signal, or their own limit of requests
	Crashed  atomic.Uint64 // workers that ended by themselves or were killed from outside
	Hung     atomic.Uint64 // workers that the master killed, as their heartbeat had stopped
	Killed   atomic.Uint64 // workers that the master killed, as they did not end in time
	Lost     atomic.Uint64 // requests that crashed, hung and killed workers may have left unanswered: their Fresh and Active connections
	OneQueue atomic.Int64  // 1 = all workers accept from one queue, and each tells of the same
	Overflow atomic.Uint64 // connections of this machine, since it started, that found the queue of their socket full; workers tell it
}
