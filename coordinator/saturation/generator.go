package saturation

import (
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// generator is what the run itself tells of who made the load: that it was late or busy, hit a
// limit of its machine, or had no free connection or user for what was due.
func generator(run *stats.Run, load span) (all []finding) {
	if run.Layout == nil || len(run.Windows) == 0 {
		return nil
	}
	by := stats.JudgeLimit(run, stats.JudgeSteadiness(run)).By
	for _, s := range signs() {
		if s.only != "" && s.only != by {
			continue
		}
		if f, ok := s.look(run, load); ok {
			all = append(all, f)
		}
	}
	if len(all) == 0 && by == stats.LimitGenerator {
		all = append(all, judged(run, load))
	}
	return all[:min(len(all), 1)] // one thing, seen in several ways
}

// A sign of the generator's limit is seen in a second of the run.
type sign struct {
	what string
	only stats.Limiter // it means something only where the run's judge names this limiter; "" = always
	seen func(*stats.Run, *stats.Window) bool
}

func signs() []sign {
	return []sign{
		{"generator: errors of its own machine, such as no free ports or files", "", troubled},
		{"generator: its pacer was late", "", late},
		{"generator: its loops were busy", stats.LimitGenerator, busy},
		{"connections of the generator: requests wait for a free one, by the scenario's pool or max_vus", stats.LimitConcurrency, waiting},
		{"users of the generator: arrivals were not sent, by the scenario's max_vus or max_lag", stats.LimitConcurrency, unsent},
	}
}

func (s sign) look(run *stats.Run, load span) (finding, bool) {
	var marks []mark
	for i := range run.Windows {
		if w := &run.Windows[i]; w.Begin() >= load.begin && w.End() <= load.end && w.Paused == 0 && w.Merged != nil {
			marks = append(marks, mark{w.Begin(), s.seen(run, w)})
		}
	}
	from, share, ok := forGood(marks)
	if !ok {
		return finding{}, false
	}
	return finding{trial.Saturated{Part: Generator, What: s.what, From: marks[from].at - load.begin, Share: share}, stats.WindowLength}, true
}

// late is when the pacer of an agent was later than validity allows, for one request in 100.
func late(run *stats.Run, w *stats.Window) bool {
	for i := range w.Agents {
		if l := w.Agents[i].PacerLag; l.Count() > 0 && l.Percentile(99) > run.Info.LagLimit() {
			return true
		}
	}
	return false
}

func busy(_ *stats.Run, w *stats.Window) bool {
	for i := range w.Agents {
		if w.Agents[i].Vitals.LoopBusy.Over(stats.MostBusy) {
			return true
		}
	}
	return false
}

func troubled(run *stats.Run, w *stats.Window) bool {
	for i := range run.Events {
		if e := &run.Events[i]; e.Kind == "generator" && e.Level == stats.Severe && e.At >= w.Begin() && e.At < w.End() {
			return true
		}
	}
	return false
}

func waiting(run *stats.Run, w *stats.Window) bool {
	for i := range min(len(w.Merged.Phases), len(run.Layout.Phases)) {
		if run.Layout.Phases[i].Holds == 0 && w.Merged.Phases[i].Queued > 0 {
			return true
		}
	}
	return false
}

func unsent(_ *stats.Run, w *stats.Window) bool {
	for i := range w.Merged.Cells {
		if w.Merged.Cells[i].Classes[stats.NotSent] > 0 {
			return true
		}
	}
	return false
}

// judged is the generator where the whole run says that it was the limit, though no second
// shows it for good: lateness in one second of 50 spoils a run.
func judged(run *stats.Run, load span) finding {
	f := finding{trial.Saturated{Part: Generator, What: "generator: it was late at times"}, stats.WindowLength}
	n, of, first := 0, 0, time.Duration(-1)
	for i := range run.Windows {
		w := &run.Windows[i]
		if w.Begin() < load.begin || w.End() > load.end {
			continue
		}
		of++
		if late(run, w) || troubled(run, w) {
			if n++; first < 0 {
				first, of = w.Begin()-load.begin, 1
			}
		}
	}
	if told := run.Validity.Reasons; len(told) > 0 && run.Validity.Verdict == stats.Invalid {
		why, _, _ := strings.Cut(told[0], "; ") // what happened meanwhile is told with validity
		f.What = "generator: " + strings.TrimPrefix(why, "the generator ")
	}
	f.From, f.Share = max(first, 0), float64(n)/float64(max(of, 1))
	return f
}
