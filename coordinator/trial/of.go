package trial

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// ClausesOf are the limits of an SLO as searches count them. Limits that are no claim about a
// share of requests have none.
func ClausesOf(limits []stats.Threshold) (clauses []Clause) {
	for i := range limits {
		if allowed, is := limits[i].BadShare(); is {
			clauses = append(clauses, Clause{Expr: limits[i].String(), Allowed: allowed, Time: limits[i].Metric == "response_time"})
		}
	}
	return clauses
}

// Of is what came of the run of a trial that was held to limits, but for Took and Run.
func Of(r *stats.Run, limits []stats.Threshold) Told {
	if why := broken(r); why != "" {
		return Told{Broken: why}
	}
	steady := stats.JudgeSteadiness(r)
	limiter := stats.JudgeLimit(r, steady)
	t := Told{Validity: r.Validity.Verdict, Reasons: r.Validity.Reasons, Limiter: string(limiter.By), Broke: lostConnections(r)}
	t.Generator = t.Validity == stats.Invalid && limiter.By == stats.LimitGenerator && atItsLimit(r)
	for i := range r.Agents {
		if a := &r.Agents[i]; a.Lost != "" {
			t.Validity, t.Reasons = stats.Invalid, append(t.Reasons, fmt.Sprintf("agent %s was lost: %s", a.Name, a.Lost))
		}
	}
	for _, l := range steady.Levels {
		t.Growing, t.Slope = t.Growing || l.Growing, t.Slope+l.Slope
	}
	t.count(r, limits)
	t.times(r)
	return t
}

// broken says why a run was no trial.
func broken(r *stats.Run) string {
	switch {
	case r.Layout == nil:
		return "the run never began"
	case r.Result != nil && r.Result.Verdict == "aborted" && r.Result.ExitCode == exitFailed:
		return r.Result.Reason
	case r.Accounting(true).Intended == 0 && len(lostConnections(r)) == 0 && !onlyHeld(r):
		return "no request became due"
	}
	return ""
}

// onlyHeld says whether connections were held that were all there was to do. Without heartbeats nothing is
// asked on them.
func onlyHeld(r *stats.Run) bool {
	most, seen := r.HeldPeak()
	return onlyHolds(r.Layout) && seen && most > 0
}

func onlyHolds(l *stats.Layout) bool {
	return !slices.ContainsFunc(l.Phases, func(p stats.PhaseKey) bool { return p.Holds == 0 })
}

// exitFailed is the exit code of a run that could not be done.
const exitFailed = 1

// mostLost is the share of held connections that may be refused or dropped in a trial.
const mostLost = 0.001

// lostConnections names what became of connections that should have been held.
func lostConnections(r *stats.Run) (all []string) {
	for i, p := range r.Layout.Phases {
		if p.Holds == 0 || i >= len(r.Total().Phases) {
			continue
		}
		s, most := &r.Total().Phases[i], mostLost*float64(p.Holds)
		if float64(s.ConnFailed) > most {
			all = append(all, fmt.Sprintf("%d connections could not be opened to hold %d", s.ConnFailed, p.Holds))
		}
		if float64(s.ConnDropped) > most {
			all = append(all, fmt.Sprintf("%d of %d held connections were dropped", s.ConnDropped, p.Holds))
		}
	}
	return all
}

// count fills in what is counted by clause, and the rates.
func (t *Told) count(r *stats.Run, limits []stats.Threshold) {
	t.Measured = r.LoadTime()
	a, iterations := r.Accounting(true), uint64(0)
	for i, p := range r.Layout.Phases {
		if p.Recorded && p.Holds == 0 && i < len(r.Total().Phases) {
			iterations += r.Total().Phases[i].IterIntended
		}
	}
	second := func(n uint64) float64 { return float64(n) / max(t.Measured.Seconds(), 1e-3) }
	t.Iterations, t.Offered, t.Throughput, t.Requests = second(iterations), second(a.Intended), second(a.Classes[stats.OK]), a.Intended
	if ended := a.Ended(); ended > 0 {
		t.Failed = float64(ended-a.Classes[stats.OK]) / float64(ended)
	}
	worst := 0.0
	for i := range limits {
		n, bad, clump := r.BadCount(&limits[i])
		c := Count{n, bad, clump}
		t.Counts, worst = append(t.Counts, c), max(worst, c.Share())
	}
	t.Good = min(t.Throughput, t.Offered*(1-worst))
}

// times fills in response times, and how many requests were in flight.
func (t *Told) times(r *stats.Run) {
	var d stats.Dist
	for i := range r.Sound().Cells { // heartbeats are recorded where there is nothing else
		if i < len(r.Layout.Cells) && r.Layout.Cells[i].Recorded {
			d.Merge(r.Sound().Cells[i].Dist())
		}
	}
	t.Mean = d.OK.Mean()
	for _, p := range []struct {
		of float64
		to *time.Duration
	}{{50, &t.P50}, {90, &t.P90}, {99, &t.P99}} {
		if at, infinite := d.Percentile(p.of); !infinite {
			*p.to = at
		}
	}
	t.InFlight, t.TargetCPU = inFlight(r), cores(r)
}

// inFlight is the mean over the seconds of recorded load.
func inFlight(r *stats.Run) float64 {
	sum, n := 0.0, 0
	for i := range r.Windows {
		w := &r.Windows[i]
		if w.Excluded() {
			continue
		}
		open := false
		for j, p := range r.Layout.Phases {
			if !p.Recorded || p.Holds > 0 || j >= len(r.Spans) || j >= len(w.Merged.Phases) || !within(&r.Spans[j], w) {
				continue
			}
			open = true
			sum += float64(w.Merged.Phases[j].InFlight + w.Merged.Phases[j].Queued)
		}
		if open {
			n++
		}
	}
	return sum / float64(max(n, 1))
}

func within(s *stats.Span, w *stats.Window) bool {
	return s.Begin != stats.Never && w.Begin() >= s.Begin && (s.End == stats.Never || w.End() <= s.End)
}

// Enough says whether a trial under way, held to limits, may give up: it has said what it can say.
func (a *Ask) Enough(r *stats.Run, limits []stats.Threshold) bool {
	if a.GiveUp == 0 || r.Layout == nil || r.LoadTime() < GiveUpAfter {
		return false
	}
	return slices.ContainsFunc(limits, func(l stats.Threshold) bool {
		n, bad, _ := r.BadCount(&l)
		return bad > GiveUpBad && float64(bad) > a.GiveUp*float64(n)
	})
}
