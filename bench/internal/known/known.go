// Package known is what response times are by arithmetic where tools disagree: when a
// target freezes, and when it refuses. It refuses to draw anything.
package known

import (
	"math"
	"time"
)

// A Freeze is a server that answers in Service, but stands still for Stall once, while
// requests come at a constant rate for Length.
type Freeze struct {
	Length, Stall time.Duration
	Met           time.Duration // how much of the stall lies within the length; 0 is all
	Service       time.Duration
}

// Percentile is S − (1−p)·T + s₀: who comes first waits for the whole stall, and the
// waits of those that come after it fall evenly. Who does not come while it stands
// still waits for the service alone.
func (f Freeze) Percentile(p float64) time.Duration {
	met := f.Met
	if met == 0 {
		met = f.Stall
	}
	worse := time.Duration(math.Round((1 - p/100) * float64(f.Length)))
	if worse >= met {
		return f.Service
	}
	return f.Stall - worse + f.Service
}

// Refusing is the percentile where a share of the requests was refused at once and is
// never served, as a user counts them, and the others take an exponential service. It
// is never reached when as many were refused as wait longer.
func Refusing(service time.Duration, refused, p float64) (t time.Duration, never bool) {
	if q := p / 100 / (1 - refused); q < 1 {
		return time.Duration(-math.Log1p(-q) * float64(service)), false
	}
	return 0, true
}
