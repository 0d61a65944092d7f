package view

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Warmup is what was cut off as warm-up: the requests that were meant to start in
// phases that are not recorded, however late they ended, and for how long these
// phases issued them. Heartbeats are no warm-up.
type Warmup struct {
	Requests uint64
	Time     time.Duration
}

func warmup(r *stats.Run) (w Warmup) {
	var phases []int
	for i, p := range r.Layout.Phases {
		if !p.Recorded && p.Holds == 0 {
			phases = append(phases, i)
		}
	}
	if len(phases) == 0 {
		return w
	}
	for i, c := range r.Total().Cells {
		if k := r.Layout.Cells[i]; !k.Recorded && !k.Heartbeat {
			w.Requests += c.Intended
		}
	}
	if w.Requests > 0 {
		w.Time = r.Issuing(phases...)
	}
	return w
}

// Note says what was cut, "" if nothing was.
func (w Warmup) Note() string {
	if w.Requests == 0 {
		return ""
	}
	return fmt.Sprintf("Warm-up of %s was cut: the %s requests that were meant to start in it are counted apart, those that ended later included.", Span(w.Time), Group(w.Requests))
}

// SummaryWarmup is what was cut.
type SummaryWarmup struct {
	Requests uint64  `json:"requests"`
	Seconds  float64 `json:"seconds"`
}
