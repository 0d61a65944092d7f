package workers

import "os"

// Sockets are what workers listen on, one for each place or one for all.
type Sockets interface {
	// Socket is the listening socket of a place, opened if it is the first time. It is
	// non-blocking and stays so: all processes that inherit it share that.
	Socket(place int) (*os.File, error)
	// Choose gives new connections to the first n places only.
	Choose(n int) error
	// Waiting is how many connections wait in the queue of a place that is not chosen.
	Waiting(place int) int
	// Vacate closes the socket of a place, which is the last.
	Vacate(place int)
	// Close closes the master's copies of all.
	Close()
}
