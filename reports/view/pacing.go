package view

import (
	"fmt"

	"github.com/loadctl/loadctl/stats"
)

func lostAgents(n int) string {
	if n == 1 {
		return "an agent that was lost"
	}
	return fmt.Sprintf("%d agents that were lost", n)
}

// pacing says how the loops woke: whoever reads of lateness asks. Auto decides anew ten
// times a second, so that its word alone says nothing.
func pacing(v *View, r *stats.Run) string {
	switch r.Info.Pacing {
	case "precise":
		return "precise: loops woke for each request"
	case "ticks":
		return fmt.Sprintf("ticks: loops woke once in %s", Span(r.Info.Tick))
	case "auto":
		return "auto: " + autoWords(v, r)
	}
	return "" // of a run from before it was noted
}

func autoWords(v *View, r *stats.Run) string {
	due, byTicks, silent := r.Paced()
	words := ""
	switch {
	case due == 0 && v.Accounting.Intended+v.Unrecorded.Intended > 0:
		return fmt.Sprintf("by ticks of %s where waking for each request is dear; how often is not known", Span(r.Info.Tick))
	case byTicks == 0:
		words = fmt.Sprintf("loops woke for each request, never by ticks of %s", Span(r.Info.Tick))
	default:
		words = fmt.Sprintf("loops woke by ticks of %s for %s of requests, and for each of the others", Span(r.Info.Tick), Percent(share(byTicks, due)))
	}
	if silent > 0 {
		words += fmt.Sprintf("; not known of %s", lostAgents(silent))
	}
	return words
}
