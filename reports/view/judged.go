package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// thresholds words the run's verdicts, in the order of the file.
func thresholds(r *stats.Run) []Threshold {
	rows := make([]Threshold, len(r.Verdicts))
	for i, v := range r.Verdicts {
		t := v.Threshold
		rows[i] = Threshold{
			Name: Selector(t), Expr: t.Expr, Observed: observed(v, r.Info.Timeout), Held: v.Held, NoData: v.NoData,
			SLO: t.SLO, Margin: margin(v), FirstFail: v.FirstFail, Verdict: v,
		}
	}
	return rows
}

// Selector writes what a threshold looks at: response_time{name:/items/{id}}.
func Selector(t stats.Threshold) string {
	var tags []string
	for _, tag := range []struct{ key, value string }{
		{"name", t.Tags.Name}, {"phase", t.Tags.Phase}, {"status", t.Tags.Status}, {"agent", t.Tags.Agent},
	} {
		if tag.value != "" {
			tags = append(tags, tag.key+":"+tag.value)
		}
	}
	if len(tags) == 0 {
		return t.Metric
	}
	return t.Metric + "{" + strings.Join(tags, ",") + "}"
}

func observed(v stats.Verdict, timeout time.Duration) string {
	switch {
	case v.NoData:
		return "no data"
	case math.IsInf(v.Value, 1) && timeout > 0:
		return "≥ " + Span(timeout) + " (failed requests)"
	case math.IsInf(v.Value, 1):
		return "failed requests"
	}
	return Quantity(v.Threshold, v.Value)
}

// Quantity writes a value of a threshold's metric with its unit.
func Quantity(t stats.Threshold, value float64) string {
	switch {
	case t.Agg == "count":
		return Number(value)
	case isTime(t.Metric):
		return Span(time.Duration(math.Round(value * 1e9)))
	case t.Metric == "failed" || t.Metric == "checks":
		return Percent(value)
	case t.Agg == "rate" && strings.HasPrefix(t.Metric, "bytes_"):
		return Bytes(value) + "/s"
	case strings.HasPrefix(t.Metric, "bytes_"):
		return Bytes(value)
	case t.Agg == "rate" || t.Metric == "requests" && t.Agg == "value":
		return Number(value) + "/s"
	}
	return Number(value)
}

func isTime(metric string) bool {
	return strings.HasSuffix(metric, "_time") || metric == "pool_wait" || metric == "pacer_lag"
}

// margin is what is left to the limit, as a share of it.
func margin(v stats.Verdict) float64 {
	limit := v.Threshold.Limit
	switch {
	case v.NoData || limit == 0 || math.IsNaN(v.Value) || math.IsInf(v.Value, 0):
		return math.NaN()
	case strings.HasPrefix(v.Threshold.Op, "<"):
		return (limit - v.Value) / math.Abs(limit)
	case strings.HasPrefix(v.Threshold.Op, ">"):
		return (v.Value - limit) / math.Abs(limit)
	}
	return math.NaN()
}

// errorRows are the failures of the chosen rows, most frequent first.
func errorRows(r *stats.Run, want choice) []ErrorRow {
	var rows []ErrorRow
	var all uint64
	for _, g := range r.Total().Errors {
		if g.Cell < 0 || g.Cell >= len(r.Layout.Cells) || !want(r.Layout.Cells[g.Cell]) {
			continue
		}
		key := r.Layout.Cells[g.Cell]
		rows = append(rows, ErrorRow{
			Name: key.Name, Phase: phaseName(r.Layout, key.Phase), Class: g.Class, Status: g.Status, Kind: g.Kind,
			Count: g.Count, First: g.First, Last: g.Last, Recorded: key.Recorded, Samples: g.Samples,
		})
		all += g.Count
	}
	for i := range rows {
		rows[i].Share = share(rows[i].Count, all)
	}
	slices.SortStableFunc(rows, func(a, b ErrorRow) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First)) })
	return rows
}

func phaseName(l *stats.Layout, phase int) string {
	if phase < 0 || phase >= len(l.Phases) {
		return fmt.Sprintf("phase %d", phase)
	}
	return l.Phases[phase].Name
}
