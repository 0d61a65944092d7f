package scenarios

import "time"

// A Pool says how the requests of a phase get their connections: of an open or a
// closed one that does not use those of another.
type Pool struct {
	Reuse       Reuse
	Max         int           // connections at once over all agents; 0 = as many as are needed
	MaxAge      time.Duration // after which one is closed once it is answered, ± Spread; 0 = never
	MaxRequests int           // the same by requests, at most MostRequests
	ConnectRate float64       // new ones a second over all agents; 0 = as fast as it goes
	Reset       bool          // those that loadctl ends are reset, so that they leave no TIME_WAIT
}

// MostRequests is the most that MaxRequests can be: loops count them in 16 bits.
const MostRequests = 50_000

// Spread is by how much of it, at most, MaxAge and MaxRequests differ from one
// connection to the next, so that those opened together do not end together.
const Spread = 0.1

// A Reuse says for how long a connection is kept.
type Reuse uint8

// How long a connection is kept.
const (
	ReuseUser   Reuse = iota // by a closed user as long as it runs, by an open iteration until its end
	ReuseShared              // until it ends: requests take one that is free, and give it back
	ReuseNone                // for one request
)

// String gives the word of the file.
func (r Reuse) String() string { return reuses[r] }

var reuses = []string{"user", "shared", "none"}

// usualReuse is what a phase does when nobody says: users own their connection, as
// browsers do; arrivals share, as callers of a service do.
func (e Executor) usualReuse() Reuse {
	if e.Open() {
		return ReuseShared
	}
	return ReuseUser
}
