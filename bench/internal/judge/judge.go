// Package judge holds what was measured against what was to be reached: medians of
// rounds, with the least and the most, and whether a goal was kept.
package judge

import (
	"fmt"
	"math"
	"slices"
)

// A Spread is a figure of several rounds.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// Of is the spread of values; of none it is zero.
func Of(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Least: sorted[0], Most: sorted[n-1]}
}

// Text writes "0.24 (0.22–0.26)", each number in the format.
func (s Spread) Text(format string) string {
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.Median, s.Least, s.Most)
}

// String writes a ratio; none is a dash.
func (s Spread) String() string {
	if s == (Spread{}) {
		return "–"
	}
	return s.Text("%.2f")
}

// A Verdict is one figure beside its goal.
type Verdict struct {
	What  string `json:"what"`
	Value Spread `json:"value"`
	Text  string `json:"text"` // the value, for people
	Goal  string `json:"goal"` // empty: none was set
	Kept  bool   `json:"kept"`
	// Why there is no value; such a goal is neither kept nor missed.
	Why string `json:"why,omitempty"`
}

// A Unit says how a figure is written, such as {"%.0f", " B"}.
type Unit struct{ Format, Name string }

func (u Unit) write(v float64) string { return fmt.Sprintf(u.Format, v) + u.Name }

// AtMost wants the median to be no more than most.
func AtMost(what string, values []float64, most float64, u Unit) Verdict {
	v := Shown(what, values, u)
	v.Goal, v.Kept = "≤ "+u.write(most), len(values) > 0 && v.Value.Median <= most
	return v
}

// Within wants the median to be no farther than by from the true value.
func Within(what string, values []float64, truth, by float64, u Unit) Verdict {
	v := Shown(what, values, u)
	v.Goal = u.write(truth) + " ± " + u.write(by)
	v.Kept = len(values) > 0 && math.Abs(v.Value.Median-truth) <= by
	return v
}

// Shown has no goal.
func Shown(what string, values []float64, u Unit) Verdict {
	v := Verdict{What: what, Value: Of(values), Kept: true}
	if len(values) == 0 {
		v.Why = "not measured"
		return v
	}
	v.Text = v.Value.Text(u.Format) + u.Name
	return v
}

// Empty is a goal that cannot be held against anything, and why.
func Empty(what, goal, why string) Verdict { return Verdict{What: what, Goal: goal, Why: why} }

// Word is kept, MISSED, or why neither.
func (v Verdict) Word() string {
	switch {
	case v.Why != "":
		return v.Why
	case v.Goal == "":
		return "no goal"
	case v.Kept:
		return "kept"
	}
	return "MISSED"
}

// String is the verdict on one line.
func (v Verdict) String() string {
	text := v.What
	if v.Text != "" {
		text += " " + v.Text
	}
	if v.Goal != "" {
		text += ", goal " + v.Goal
	}
	return text + ": " + v.Word()
}
