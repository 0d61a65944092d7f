package stats

import (
	"fmt"
	"math"
	"slices"
)

// Judge holds a threshold against what the run has so far. It keeps when the
// threshold was first seen broken, as the run's verdicts remember it. Without
// data a threshold is not held, but it was not broken either.
func Judge(t Threshold, r *Run) Verdict {
	v := Verdict{Threshold: t, FirstFail: Never}
	if i := slices.IndexFunc(r.Verdicts, func(old Verdict) bool { return old.Threshold == t }); i >= 0 {
		v.FirstFail = r.Verdicts[i].FirstFail
	}
	value := measure(t, r)
	if math.IsNaN(value) {
		v.NoData = true
		return v
	}
	v.Value = value
	v.Held = compare(value, t.Op, t.Limit)
	if !v.Held && v.FirstFail == Never {
		v.FirstFail = r.Now()
	}
	return v
}

// JudgeAll judges every threshold.
func JudgeAll(ts []Threshold, r *Run) []Verdict {
	verdicts := make([]Verdict, len(ts))
	for i, t := range ts {
		verdicts[i] = Judge(t, r)
	}
	return verdicts
}

// Aborts says whether the verdict ends a run that has come to now.
func (v *Verdict) Aborts(now Offset) bool {
	return v.Threshold.AbortOnFail && !v.Held && !v.NoData && now >= v.Threshold.Delay
}

// measure is the threshold's value, NaN when there is nothing to judge.
func measure(t Threshold, r *Run) float64 {
	m, err := findMetric(t.Metric)
	if err != nil || len(r.Windows) == 0 {
		return math.NaN()
	}
	agg, ok := m.agg(t.Agg)
	if !ok {
		return math.NaN()
	}
	return agg.of(query{r, t.Tags, agg.name == "count"}, t.P)
}

func compare(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	case ">=":
		return v >= limit
	case "==":
		return v == limit
	case "!=":
		return v != limit
	}
	return false
}

// Check says whether the names and phases that a threshold's tags ask for exist in
// a layout, so that a slip of the pen is found before the run and not after.
func (t Threshold) Check(l *Layout) error {
	var phases, names []string
	for i := range l.Phases {
		phases = append(phases, l.Phases[i].Name)
	}
	for i := range l.Cells {
		c := &l.Cells[i]
		if t.Tags.Phase == "" || c.Phase < len(phases) && phases[c.Phase] == t.Tags.Phase {
			names = append(names, c.Name)
		}
	}
	if p := t.Tags.Phase; p != "" && !slices.Contains(phases, p) {
		return fmt.Errorf("%s: %w", t.Metric, unknown("phase", p, phases))
	}
	if n := t.Tags.Name; n != "" && !slices.Contains(names, n) {
		slices.Sort(names)
		return fmt.Errorf("%s: %w", t.Metric, unknown("name", n, slices.Compact(names)))
	}
	if !(query{run: &Run{Layout: l}, tags: t.Tags}).picksAnything() {
		return fmt.Errorf("%s: only warm-up phases or heartbeats match, which are no results; name their phase to judge them", t.Metric)
	}
	return nil
}

// picksAnything says whether any row or phase is asked for at all.
func (q query) picksAnything() bool {
	l := q.run.Layout
	return len(l.Phases) == 0 && len(l.Cells) == 0 ||
		slices.ContainsFunc(l.Cells, func(c CellKey) bool { return q.picksCell(&c) }) ||
		q.tags.Name == "" && slices.ContainsFunc(l.Phases, func(p PhaseKey) bool { return q.picksPhase(&p) || p.Holds > 0 })
}

// String writes a threshold as in a file: "response_time{name:/items/{id}}: p(99)<150ms".
func (t Threshold) String() string { return t.Selector() + ": " + t.Expr }

// Selector writes the metric with its tags.
func (t Threshold) Selector() string {
	var tags []byte
	for _, key := range []string{"name", "phase", "status", "agent"} {
		value := *t.Tags.field(key)
		if value == "" {
			continue
		}
		if len(tags) > 0 {
			tags = append(tags, ',')
		}
		tags = fmt.Appendf(tags, "%s:%s", key, tagText(value))
	}
	if len(tags) == 0 {
		return t.Metric
	}
	return t.Metric + "{" + string(tags) + "}"
}
