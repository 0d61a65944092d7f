package upstream

import "time"

// A Freeze is a stretch in which the simulator's time stands still, as in a pause
// of the whole process: no answer leaves, what was being served goes on where it
// stopped, and what arrived meanwhile is served when it ends. Offsets count from
// the simulator's start. The zero value never freezes.
type Freeze struct {
	At, For time.Duration
}

// End is the first instant after the freeze.
func (f Freeze) End() time.Duration { return f.At + f.For }

// Holds says whether nothing may leave at offset t.
func (f Freeze) Holds(t time.Duration) bool { return t >= f.At && t < f.End() }

// Leave is when the answer leaves to a request that arrived at offset t and needs
// the given service time.
func (f Freeze) Leave(t, service time.Duration) time.Duration {
	if f.Holds(t) {
		return f.End() + service
	}
	if t < f.At && t+service >= f.At {
		return t + service + f.For
	}
	return t + service
}
