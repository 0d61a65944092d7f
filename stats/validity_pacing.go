package stats

import "time"

// TooShort says whether a limit of response time is too short for a generator that may be
// late by lagLimit: what lateness that spoils nothing adds, up to lagFactor times that,
// would be more than all that the limit leaves.
func TooShort(limit, lagLimit time.Duration) bool { return limit > 0 && limit < lagFactor*lagLimit }

// Paced is how many requests became due, how many of them by ticks, and how many agents
// did not live to say so.
func (r *Run) Paced() (due, byTicks uint64, silent int) {
	for i := range r.Agents {
		a := &r.Agents[i]
		due, byTicks = due+a.Due, byTicks+a.ByTicks
		if a.Due == 0 && a.Requests > 0 {
			silent++
		}
	}
	return due, byTicks, silent
}

// pacing degrades a run that woke by ticks for most of its requests though its limit is too
// short for that. Loops that wake for each request may be as late before it counts, and
// are not: what they add is the machine's, and shows as lag.
func (v *verdict) pacing(r *Run) {
	i := &r.Info
	due, byTicks, _ := r.Paced()
	share := "all requests"
	switch {
	case !TooShort(i.SmallestSLO, i.LagLimit()):
		return
	case due > 0 && 2*byTicks <= due, due == 0 && i.Pacing != "ticks":
		return
	case due > 0:
		share = percent(float64(byTicks)/float64(due)) + " of requests"
	}
	v.add(Degraded, "a limit of %s on response time is too short for loops that woke by ticks of %s for %s: they may be %s late before it counts, more than a fifth of it; --pacing precise wakes for each",
		short(i.SmallestSLO), short(i.Tick), share, short(i.LagLimit()))
}
