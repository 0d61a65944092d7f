package view

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// unsustained says that requests became more and more, "" if they did not. It speaks of
// the target: percentiles of such a phase depend on how long it was.
func unsustained(r *stats.Run, s stats.Steadiness) string {
	var names, slopes []string
	for _, l := range s.Levels {
		if l.Growing {
			names, slopes = append(names, phaseName(r.Layout, l.Phase)), append(slopes, Number(l.Slope)+"/s")
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("Phase %s was not sustained: requests in flight grew by %s throughout, so that its times are the worse the longer it lasts.", names[0], slopes[0])
	}
	return fmt.Sprintf("Phases %s were not sustained: requests in flight grew by %s throughout, so that their times are the worse the longer they last.", listed(names), listed(slopes))
}

// listed is "a, b and c", of two or more.
func listed(all []string) string {
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// steadyNotes are what else a reader must know of phases that were to be level.
func steadyNotes(r *stats.Run, s stats.Steadiness) (n []string) {
	for _, l := range s.Levels {
		name := phaseName(r.Layout, l.Phase)
		if l.Warming > 0 {
			n = append(n, fmt.Sprintf("The first %s of what is recorded of %s still look like warming up (MSER): give them a phase with record: false.",
				count(l.Warming, "second", "seconds"), name))
		}
		if l.Changed {
			n = append(n, fmt.Sprintf("%s was not the same throughout: %s of its requests were slower than %s or failed in its first half, %s in its second.",
				name, Percent(l.First.Value), Span(r.Info.SmallestSLO), Percent(l.Second.Value)))
		}
	}
	return n
}

// SummarySteady is how one phase at one rate went.
type SummarySteady struct {
	Phase       string   `json:"phase"`
	Seconds     int      `json:"seconds"`   // looked at
	Sustained   bool     `json:"sustained"` // requests in flight did not grow throughout
	GrowthPerS  float64  `json:"growth_per_s"`
	WarmingS    int      `json:"warming_s"`       // at its beginning, that an automatic check would still cut
	SlowFirst   *float64 `json:"slow_first_half"` // share slower than the smallest limit; null without one
	SlowSecond  *float64 `json:"slow_second_half"`
	SlowChanged bool     `json:"slow_changed"` // by more than chance
}

func summarySteady(v *View) []SummarySteady {
	all := []SummarySteady{}
	for _, l := range v.Steadiness.Levels {
		s := SummarySteady{Phase: v.Phases[l.Phase].Name, Seconds: l.Seconds, Sustained: !l.Growing, GrowthPerS: round(l.Slope), WarmingS: l.Warming, SlowChanged: l.Changed}
		if v.Limit > 0 {
			first, second := round(l.First.Value), round(l.Second.Value)
			s.SlowFirst, s.SlowSecond = &first, &second
		}
		all = append(all, s)
	}
	return all
}
