package main

import (
	"fmt"

	"github.com/loadctl/loadctl/bench/internal/judge"
)

var (
	millis = judge.Unit{Format: "%.2f", Name: " ms"}
	micro  = judge.Unit{Format: "%.3f", Name: " ms"}
	share  = judge.Unit{Format: "%.4f"}
)

// truthful is how far service times may be from the server's own.
const truthful = 0.1 // ms

// rateHeld is how far what was sent may be from what was due.
const rateHeld = 0.001

// verdicts are loadctl's figures beside what they are to be.
func (w workload) verdicts(rows []row) (all []judge.Verdict) {
	ours := of(rows, "loadctl")
	all = append(all, w.cpus(ours, rows)...)
	if w.empty != "" || len(ours.runs) == 0 {
		return all
	}
	if w.rate > 0 {
		all = append(all, w.paced(ours)...)
	}
	beside := judge.Unit{Format: "%.1f", Name: " % of a core"}
	return append(all, judge.Shown("host and coordinator beside it", each(ours, func(r outing) float64 { return 100 * r.Beside }), beside))
}

// cpus are the verdicts that every workload has: on the first goal whose client is here,
// or on each goal.
func (w workload) cpus(ours row, rows []row) (all []judge.Verdict) {
	if !w.every {
		return []judge.Verdict{w.cpu(w.goals, ours, rows)}
	}
	for i := range w.goals {
		all = append(all, w.cpu(w.goals[i:i+1], ours, rows))
	}
	return all
}

// cpu is the verdict on the first of the goals whose client is here.
func (w workload) cpu(goals []goal, ours row, rows []row) judge.Verdict {
	const what = "CPU for a request"
	wanted := fmt.Sprintf("≤ %.2f × %s", goals[0].Most, goals[0].Against)
	switch g := present(goals, rows); {
	case w.empty != "":
		return judge.Empty(what, wanted, w.empty)
	case len(ours.runs) == 0:
		return judge.Empty(what, wanted, "loadctl "+firstLine(ours.broken))
	case g.Against == "" && w.every:
		return judge.Empty(what, wanted, goals[0].Against+" is not here")
	case g.Against == "":
		return judge.Empty(what, wanted, "nobody to hold it against is here")
	default:
		return judge.AtMost(what, ratios(ours, rows, g.Against), g.Most, judge.Unit{Format: "%.2f", Name: " × " + g.Against})
	}
}

// paced are the verdicts on an open load.
func (w workload) paced(ours row) (all []judge.Verdict) {
	lag := each(ours, func(r outing) float64 { return r.Lag })
	if w.lag > 0 {
		all = append(all, judge.AtMost("pacer lag p99", lag, w.lag.Seconds()*1e3, millis))
	} else {
		all = append(all, judge.Shown("pacer lag p99", lag, millis))
	}
	sent := each(ours, func(r outing) float64 { return r.Sent })
	if w.held {
		all = append(all, judge.Within("requests sent ÷ due", sent, 1, rateHeld, share))
	}
	if !w.truth {
		return all
	}
	var p50, p99 []float64
	for _, r := range ours.runs {
		a, b := r.Service.off()
		p50, p99 = append(p50, a), append(p99, b)
	}
	return append(all,
		judge.Within("service time p50 less the server's own", p50, 0, truthful, micro),
		judge.Shown("service time p99 less the server's own", p99, micro))
}
