package ci

import (
	"fmt"
	"math"
	"strings"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/frontier"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/tune"
)

// A Broken is a limit of a run that did not hold, with its place in the file.
type Broken struct {
	Name, Expr, Observed string
	Place
}

// Thresholds annotates the limits that a run broke.
func Thresholds(broken []Broken) (all []Annotation) {
	for _, b := range broken {
		all = append(all, Annotation{Error, b.Name, fmt.Sprintf("%s: %s did not hold: %s", b.Name, b.Expr, b.Observed), b.Place})
	}
	return all
}

// Gate annotates a gate at the place of its SLO: one remark for each thing that got worse, one
// for a verdict that is no verdict, none for a pass.
func Gate(r *gate.Result, at Place) (all []Annotation) {
	if r.Hold != nil && r.Hold.Verdict == gate.Regression {
		h := r.Hold
		text := fmt.Sprintf("at %.4g/s, %.3g %% below the baseline's capacity, the candidate broke the SLO in %d of %d trials", h.Rate, 100*h.Margin, h.Candidate.Broke, h.Candidate.Held+h.Candidate.Broke)
		if !r.Unpaired {
			text += fmt.Sprintf("; the baseline in %d of %d", h.Base.Broke, h.Base.Held+h.Base.Broke)
		}
		all = append(all, Annotation{Error, "capacity regressed", text, at})
	}
	for i := range r.Metrics {
		if m := &r.Metrics[i]; m.Primary && m.Verdict == gate.Regression {
			all = append(all, Annotation{Error, m.Name + " regressed", fmt.Sprintf("%s (%.0f %% interval %s to %s), more than the margin of %s",
				change(m, m.Change), math.Floor(100*m.Confidence+1e-6), change(m, m.Low), change(m, m.High), change(m, m.Margin)), at})
		}
	}
	if len(all) == 0 && r.Verdict != gate.Pass {
		all = append(all, Annotation{loudness(r.Verdict), "gate: " + string(r.Verdict), r.Why, at})
	}
	return all
}

func loudness(v gate.Verdict) Level {
	if v == gate.Inconclusive {
		return Warning
	}
	return Error
}

// change is a change in words: shares differ by points, all else by a ratio.
func change(m *gate.Metric, v float64) string {
	if m.Unit == "" {
		return fmt.Sprintf("%+.2f points", 100*v)
	}
	if v > 10 {
		return "> +1000 %" // such as infinitely slow
	}
	return fmt.Sprintf("%+.1f %%", 100*v)
}

// Capacity annotates a capacity: a notice with its figure, or why there is none.
func Capacity(r *capacity.Result, at Place) []Annotation {
	a := searched(r.Outcome, at)
	if a.Level == Notice {
		a.Text = r.Words()
	} else {
		a.Text = because(capacity.Meanwhile(r.Beside), r.Why)
	}
	return []Annotation{a}
}

// Frontier annotates a capacity at several numbers of connections: one remark, with a line for each.
func Frontier(r *frontier.Result, at Place) []Annotation {
	a := searched(r.Outcome, at)
	lines := r.Sentences()
	if r.Why != "" {
		lines = append([]string{r.Why}, lines...)
	}
	a.Text = strings.Join(lines, "\n")
	return []Annotation{a}
}

// searched is how loud the outcome of a search for a capacity is.
func searched(o capacity.Outcome, at Place) Annotation {
	switch o {
	case capacity.Found, capacity.AtLeast:
		return Annotation{Level: Notice, Title: "capacity", Place: at}
	case capacity.Nothing, capacity.Broken:
		return Annotation{Level: Error, Title: "capacity: " + string(o), Place: at}
	}
	return Annotation{Level: Warning, Title: "capacity: " + string(o), Place: at}
}

func because(what, why string) string {
	if what == "" || why == "" {
		return what + why
	}
	return what + ": " + why
}

// Tune annotates a tuning with what it recommends. That no setting holds the load is an error, as it is of a capacity.
func Tune(r *tune.Result, at Place) []Annotation {
	level := Notice
	switch r.Outcome {
	case tune.Broken, tune.Nothing:
		level = Error
	case tune.Unfinished:
		level = Warning
	}
	return []Annotation{{level, "tuning: " + string(r.Outcome), r.Why, at}}
}
