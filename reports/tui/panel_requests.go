package tui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/loadctl/loadctl/reports/view"
)

// A requestColumn is one column of the requests table: how it is headed, shown
// and compared.
type requestColumn struct {
	column
	show    func(m *model, r *view.LiveRow) value
	compare func(m *model, a, b *view.LiveRow) int
}

// sortDefault is the column rows are first sorted by: the busiest request on
// top, so that rows do not dance.
const sortDefault = 1

// trendWidth is how many seconds the trend of a request shows, a cell each.
const trendWidth = 20

func requestColumns() []requestColumn {
	number := func(get func(*view.LiveRow) float64, show func(float64) string) (func(*model, *view.LiveRow) value, func(*model, *view.LiveRow, *view.LiveRow) int) {
		return func(_ *model, r *view.LiveRow) value { return value{show(get(r)), plain} },
			func(_ *model, a, b *view.LiveRow) int { return cmp.Compare(get(a), get(b)) }
	}
	col := func(title string, width, drop int) column { return column{title: title, width: width, drop: drop} }
	perSecond, bySecond := number(func(r *view.LiveRow) float64 { return r.PerSecond }, rate)
	share, byShare := number(func(r *view.LiveRow) float64 { return r.Share }, percent)
	bytes, byBytes := number(func(r *view.LiveRow) float64 { return r.RX }, func(f float64) string { return view.Bytes(f) + "/s" })
	return []requestColumn{
		{column{title: "name", left: true}, showName, func(_ *model, a, b *view.LiveRow) int { return cmp.Compare(b.Name, a.Name) }},
		{col("req/s", 7, 0), perSecond, bySecond},
		{col("share", 6, 5), share, byShare},
		{col("err%", 6, 0), showErrors, func(_ *model, a, b *view.LiveRow) int { return cmp.Compare(a.ErrorRate, b.ErrorRate) }},
		quantile(col("p50", 8, 0), func(t *view.Times) view.Quantile { return t.P50 }),
		quantile(col("p90", 8, 3), func(t *view.Times) view.Quantile { return t.P90 }),
		quantile(col("p95", 8, 6), func(t *view.Times) view.Quantile { return t.P95 }),
		quantile(col("p99", 8, 0), func(t *view.Times) view.Quantile { return t.P99 }),
		quantile(col("p99.9", 8, 2), func(t *view.Times) view.Quantile { return t.P999 }),
		quantile(col("max", 8, 1), func(t *view.Times) view.Quantile {
			return view.Quantile{Value: t.Max, Infinite: t.Failed > 0 && t.Failed == t.Count}
		}),
		{col("service p99", 11, 7), showOther, func(m *model, a, b *view.LiveRow) int {
			return cmp.Compare(m.other(a).P99.Value, m.other(b).P99.Value)
		}},
		{col("bytes in", 11, 8), bytes, byBytes},
		{column{title: "p99, last 20 s", width: trendWidth, drop: 9, left: true}, showTrend, nil},
	}
}

// times are those the table shows, other those it shows beside them.
func (m *model) times(r *view.LiveRow) *view.Times {
	if m.service {
		return &r.Service
	}
	return &r.Response
}

func (m *model) other(r *view.LiveRow) *view.Times {
	if m.service {
		return &r.Response
	}
	return &r.Service
}

func quantile(c column, get func(*view.Times) view.Quantile) requestColumn {
	return requestColumn{c,
		func(m *model, r *view.LiveRow) value { t := m.times(r); return showQuantile(get(t), t.Count) },
		func(m *model, a, b *view.LiveRow) int { return compareQuantile(get(m.times(a)), get(m.times(b))) }}
}

// showQuantile marks what is not what it seems: ∞ when failed requests reach
// into the percentile, – when there are too few requests to name it.
func showQuantile(q view.Quantile, count uint64) value {
	switch {
	case count == 0:
		return value{"–", faint}
	case q.Infinite:
		return value{"∞", bad}
	case q.Withheld:
		return value{"–", faint}
	}
	return value{millis(q.Value), plain}
}

func compareQuantile(a, b view.Quantile) int {
	if a.Infinite != b.Infinite {
		if a.Infinite {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.Value, b.Value)
}

func showName(_ *model, r *view.LiveRow) value { return value{r.Name, plain} }

func showErrors(_ *model, r *view.LiveRow) value {
	v := value{percent(r.ErrorRate), plain}
	if r.ErrorRate > 0 {
		v.style = bad
	}
	return v
}

func showOther(m *model, r *view.LiveRow) value {
	t := m.other(r)
	return showQuantile(t.P99, t.Count)
}

func showTrend(_ *model, r *view.LiveRow) value {
	points := make([]point, len(r.Trend))
	for i, d := range r.Trend {
		points[i] = point{float64(d), float64(d), d > 0}
	}
	points = points[max(0, len(points)-trendWidth):]
	least, most := extremes([]curve{{points: points}}, 0, len(points))
	return value{string(spark(points, logarithmic(least, most), trendWidth)), first}
}

// rows are the requests the filter lets through, sorted.
func (m *model) rows() []*view.LiveRow {
	var rows []*view.LiveRow
	for i := range m.table.Rows {
		if m.matches(m.table.Rows[i].Name) {
			rows = append(rows, &m.table.Rows[i])
		}
	}
	compare := requestColumns()[m.column].compare
	slices.SortStableFunc(rows, func(a, b *view.LiveRow) int {
		if m.down {
			a, b = b, a
		}
		return compare(m, a, b)
	})
	return rows
}

func (m *model) drawRequests(a area) {
	rows := m.rows()
	f := m.frame(panelRequests, "requests", m.requestsDetail(len(rows)))
	t := table{sorted: m.column, down: m.down, skip: m.offset, pinned: true, least: 10}
	columns := requestColumns()
	for _, c := range columns {
		if m.service && c.title == "service p99" {
			c.title = "resp. p99"
		}
		t.columns = append(t.columns, c.column)
	}
	all := m.table.All
	for _, r := range append(rows, &all) {
		line := make([]value, len(columns))
		for i, c := range columns {
			line[i] = c.show(m, r)
		}
		t.rows = append(t.rows, line)
	}
	last := t.rows[len(t.rows)-1]
	for i := range last {
		if last[i].style == plain {
			last[i].style = bold
		}
	}
	f.to = t.place(a.h - 2)
	t.draw(f.draw(a))
}

// requestsDetail says what the numbers of the table are: which time, over how
// long, which filter.
func (m *model) requestsDetail(shown int) string {
	what := "response time"
	if m.service {
		what = "service time"
	}
	d := what + ", ms · " + m.windowName()
	if m.filter != "" {
		d = fmt.Sprintf("/%s/ %d of %d · %s", m.filter, shown, len(m.table.Rows), d)
	}
	return d
}

func (m *model) windowName() string {
	if s := windows()[m.window]; s > 0 {
		return fmt.Sprintf("last %d s", s)
	}
	return "whole run, " + view.Clock(m.table.Elapsed)
}
