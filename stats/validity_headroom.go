package stats

import (
	"math"
	"strconv"
)

// NoRoom is how many times what a run asks for its generator must be known to make, or
// it is likely that it was the limit.
const NoRoom = 1.1

// headroom holds what was asked for against what a null run found this machine to make.
// It never makes a run invalid: a generator that could not keep up shows by its lag.
func (v *verdict) headroom(r *Run) {
	asked, ceiling := r.Info.Requests, r.Info.Ceiling
	if asked <= 0 || ceiling <= 0 || ceiling >= NoRoom*asked {
		return
	}
	v.add(Degraded, "the machine was measured to make at most %s of these requests a second, and this run asks for %s: it leaves the generator no room",
		whole(ceiling), whole(asked))
}

func whole(n float64) string { return strconv.FormatFloat(math.Round(n), 'f', -1, 64) }
