package plan

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// usualTick is how often loops wake where they do so by ticks, unless a run is told otherwise.
const usualTick = time.Millisecond

// PacingWords is what the limits of a file ask of how loops wake; empty where any way will do.
func PacingWords(s *scenarios.Scenario) string {
	limit := s.SmallestResponseLimit()
	late := stats.LagLimit(usualTick, limit, s.Beat())
	if !stats.TooShort(limit, late) {
		return ""
	}
	return fmt.Sprintf("the smallest limit of response time is %s, and loops that wake by ticks of %s may be %s late before it counts, more than a fifth of that: "+
		"use `run --pacing precise`, and hold pacer lag against the limit", limit, usualTick, late)
}

// pacing warns of limits that are too short for ticks. It is no fault of the machine, and
// no command mends it.
func (x exam) pacing() Finding {
	if x.d == nil || PacingWords(x.d.Scenario) == "" {
		return Finding{}
	}
	return Finding{Name: "pacing", Value: "auto, unless `run` is told otherwise", Level: Tight, Sum: PacingWords(x.d.Scenario),
		Why: "a request that leaves late is answered late: its lag is a part of its response time"}
}
