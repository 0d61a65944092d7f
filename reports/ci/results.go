package ci

import (
	"fmt"
	"math"

	"github.com/loadctl/loadctl/coordinator/capacity"
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
	switch r.Outcome {
	case capacity.Found:
		return []Annotation{{Notice, "capacity", fmt.Sprintf("%.4g %s (%.0f %% interval %.4g to %.4g)", r.Capacity, unit(r.Axis), 100*r.Confidence, r.Low, r.High), at}}
	case capacity.AtLeast:
		return []Annotation{{Notice, "capacity", fmt.Sprintf("%.4g %s or more", r.Capacity, unit(r.Axis)), at}}
	case capacity.Nothing, capacity.Broken:
		return []Annotation{{Error, "capacity: " + string(r.Outcome), r.Why, at}}
	}
	return []Annotation{{Warning, "capacity: " + string(r.Outcome), r.Why, at}}
}

func unit(axis string) string {
	if axis == "connections" {
		return axis
	}
	return "iterations a second"
}

// Tune annotates a tuning with what it recommends.
func Tune(r *tune.Result, at Place) []Annotation {
	level := Notice
	switch r.Outcome {
	case tune.Broken:
		level = Error
	case tune.Unfinished:
		level = Warning
	}
	return []Annotation{{level, "tuning: " + string(r.Outcome), r.Why, at}}
}
