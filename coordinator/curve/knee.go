package curve

import (
	"fmt"
	"time"
)

// A Knee is the load at which throughput over response time, the power of Kleinrock (1979),
// is largest: from there on one per cent more throughput costs more than one per cent more time. It is a
// convention: it needs no limit, and knows none, so that users may be content well above it or not
// below it.
type Knee struct {
	Load  float64       `json:"load"`    // iterations a second; 0 = not known
	Power float64       `json:"power"`   // OK requests a second, by seconds of mean response time
	Mean  time.Duration `json:"mean_ns"` // there
	Why   string        `json:"why,omitempty"`
}

// Convention is what to call it wherever it is shown.
const Convention = "knee, by convention: the load with the largest throughput over mean response time"

// leastPoints are those that have a middle, with one to each side.
const leastPoints = 3

// KneeOf is the knee among loads that were tried; between them nothing is made up. Where the
// largest power is at either end, the knee lies beyond it, and is not known.
func KneeOf(points []Point) Knee {
	best, n := -1, 0
	powers := make([]float64, len(points))
	for i, p := range points {
		if p.Throughput <= 0 || p.Mean <= 0 || p.Growing {
			continue
		}
		n++
		powers[i] = p.Throughput / p.Mean.Seconds()
		if best < 0 || powers[i] > powers[best] {
			best = i
		}
	}
	if n < leastPoints {
		return Knee{Why: fmt.Sprintf("%d trials came to rest, fewer than %d", n, leastPoints)}
	}
	below, above := beside(points, best)
	switch {
	case !below:
		return Knee{Why: fmt.Sprintf("it lies below %.4g/s, the least load that was tried", points[best].Load)}
	case !above:
		return Knee{Why: fmt.Sprintf("it lies above %.4g/s, the largest load that came to rest", points[best].Load)}
	}
	return Knee{Load: points[best].Load, Power: powers[best], Mean: points[best].Mean}
}

// same is the share within which loads are the same one, drawn twice.
const same = 0.02

// beside says whether other loads lie to both sides. One that was never at rest is above.
func beside(points []Point, i int) (below, above bool) {
	for _, p := range points {
		below = below || p.Load < points[i].Load*(1-same)
		above = above || p.Load > points[i].Load*(1+same)
	}
	return below, above
}
