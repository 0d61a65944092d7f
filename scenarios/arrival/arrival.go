// Package arrival turns a load profile into intended starts: the moments each
// iteration should begin, as offsets from the start of its phase. It is pure
// arithmetic over the integral of the rate. It never waits, never looks at a
// clock, and gives the same schedule whatever the number of agents.
package arrival

import "time"

// A Stage moves the rate linearly from From to To over Duration.
type Stage struct {
	From, To float64 // iterations a second (or users)
	Duration time.Duration
}

// A Profile is stages one after another.
type Profile []Stage

// A Law is how arrivals are spread around the rate.
type Law uint8

// The laws.
const (
	Poisson Law = iota // independent users: exponential gaps
	Uniform            // evenly spaced
)

// String gives the name used in scenario files, such as "poisson".
func (l Law) String() string {
	if l == Uniform {
		return "uniform"
	}
	return "poisson"
}

// An Arrival is one intended start.
type Arrival struct {
	// Index numbers the arrivals of the whole phase, over all agents, from 0.
	Index uint64
	// At is when it is due, counted from the start of the phase.
	At time.Duration
}
