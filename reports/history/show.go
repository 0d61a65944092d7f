package history

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/changepoints"
)

// Text writes the series for people: a row for each point, with a line before the first point of
// each change. Below are the answers that are no figure among the entries, by scenario.
func Text(w io.Writer, entries []Entry, all []Series) error {
	var b strings.Builder
	for i := range all {
		s := &all[i]
		fmt.Fprintf(&b, "%s · %s\n", s.Scenario, title(s))
		if n := len(s.Points); n > changepoints.Most {
			fmt.Fprintf(&b, "  changes are looked for among the last %d of %d\n", changepoints.Most, n)
		}
		for j := range s.Points {
			s.row(&b, j)
		}
		b.WriteString("\n")
	}
	said := answers(&b, inOrder(entries))
	if len(all) == 0 && !said {
		b.WriteString("no valid run or search with a figure\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// answers says whether there are any.
func answers(b *strings.Builder, entries []Entry) (any bool) {
	for _, name := range scenariosOf(entries) {
		first := true
		for i := range entries {
			e := &entries[i]
			if e.Said == "" || e.Scenario != name {
				continue
			}
			if first {
				fmt.Fprintf(b, "%s · gates, tunings, and capacities without a figure\n", name)
			}
			first, any = false, true
			fmt.Fprintf(b, "  %s  %-26s %s\n", e.Started.UTC().Format("2006-01-02 15:04"), e.ID, e.Said)
		}
		if !first {
			b.WriteString("\n")
		}
	}
	return any
}

// titles say which figure of which population a metric is.
func title(s *Series) string {
	of := map[string]string{
		"p50": "p50 of response time, all requests", "p99": "p99 of response time, all requests", "failed": "share of requests that failed",
		"throughput": "OK requests a second", "capacity": "capacity, iterations a second", "connections": "capacity, connections",
	}
	return of[s.Metric]
}

func (s *Series) row(b *strings.Builder, at int) {
	if i := slices.IndexFunc(s.Changes, func(c Change) bool { return c.At == at }); i >= 0 {
		c := s.Changes[i]
		fmt.Fprintf(b, "  ── change: %s → %s%s, by chance alone with P = %.2g\n", s.figure(c.Before), s.figure(c.After), ratio(c.Ratio), c.P)
	}
	p := &s.Points[at]
	line := fmt.Sprintf("  %s  %-26s %12s", p.Entry.Started.UTC().Format("2006-01-02 15:04"), p.ID, s.figure(p.Value))
	if p.Entry.Commit != "" {
		line += "  " + p.Entry.Commit
	}
	if p.Other != "" {
		line += "  (another " + p.Other + " than before)"
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func ratio(r float64) string {
	if r == 0 {
		return ""
	}
	return fmt.Sprintf(" (%+.1f %%)", 100*r)
}

// figure is a value with its unit: response times are told in milliseconds, shares in per cent.
func (s *Series) figure(v float64) string {
	switch s.Unit {
	case "s":
		return fmt.Sprintf("%.4g ms", 1000*v)
	case "/s":
		return fmt.Sprintf("%.4g/s", v)
	}
	if s.Metric == "failed" {
		return fmt.Sprintf("%.3g %%", 100*v)
	}
	return fmt.Sprintf("%.6g", v)
}

// Schema is that of the JSON form.
const Schema = "loadctl.history/v1"

// JSON writes entries and series.
func JSON(w io.Writer, entries []Entry, all []Series) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema  string   `json:"schema"`
		Entries []Entry  `json:"entries"`
		Series  []Series `json:"series"`
	}{Schema, append([]Entry{}, inOrder(entries)...), append([]Series{}, all...)})
}

// CSV writes a row for each valid entry, as change-point tools such as Apache Otava read
// it: the time, what it is, and a column for each metric that anything has. Times are seconds.
func CSV(w io.Writer, entries []Entry) error {
	out := csv.NewWriter(w)
	ordered := slices.DeleteFunc(inOrder(entries), func(e Entry) bool { return e.Invalid || e.Said != "" })
	metrics := slices.DeleteFunc(Metrics(), func(m Metric) bool {
		return !slices.ContainsFunc(ordered, func(e Entry) bool { _, has := e.Values[m.Name]; return has })
	})
	head := []string{"time", "scenario", "run", "commit"}
	for _, m := range metrics {
		head = append(head, m.Name)
	}
	_ = out.Write(head) // Flush keeps the error
	for _, e := range ordered {
		row := []string{e.Started.UTC().Format(time.RFC3339), e.Scenario, e.ID, e.Commit}
		for _, m := range metrics {
			cell := ""
			if v, has := e.Values[m.Name]; has {
				cell = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, cell)
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}
