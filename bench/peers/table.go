package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
)

// A table is one workload, weighed.
type table struct {
	Name     string          `json:"name"`
	What     string          `json:"what"`
	Day      string          `json:"day"`
	Rounds   int             `json:"rounds"`
	Seconds  float64         `json:"seconds"` // of load that count in a round
	Pinned   bool            `json:"pinned"`
	Rate     float64         `json:"rate_s,omitempty"` // of an open load
	Against  string          `json:"against"`          // empty: none that a goal names is here
	Verdicts []judge.Verdict `json:"verdicts"`
	Lines    []line          `json:"clients"`
}

// A line is one client's figures. Ratios are of CPU for each request, taken within
// each round.
type line struct {
	Client  string       `json:"client"`
	Micros  float64      `json:"cpu_us_per_request"` // median
	ToBase  judge.Spread `json:"ratio_to_base"`
	ToFloor judge.Spread `json:"ratio_to_floor"`
	Reached judge.Spread `json:"rate_of_asked"` // open loads
	Steal   float64      `json:"steal"`         // most
	Others  float64      `json:"others"`        // most
	Broken  string       `json:"broken,omitempty"`
	Runs    []outing     `json:"runs"`
}

func (b *bench) table(w workload, rows []row) table {
	t := newTable(w, rows)
	t.Day, t.Rounds, t.Seconds, t.Pinned = time.Now().Format(time.DateOnly), b.rounds, b.took.Seconds(), b.pins(w)
	if w.rate > 0 {
		t.Seconds = max(b.took, windowed).Seconds()
	}
	return t
}

func newTable(w workload, rows []row) table {
	goal := present(w.goals, rows)
	t := table{Name: w.name, What: w.what, Rate: w.rate, Against: goal.Against, Verdicts: w.verdicts(rows), Lines: []line{}}
	for _, r := range rows {
		l := line{Client: r.client, Runs: r.runs, Broken: firstLine(r.broken), Micros: judge.Of(each(r, outing.perRequest)).Median}
		l.ToBase, l.ToFloor = judge.Of(ratios(r, rows, goal.Against)), judge.Of(ratios(r, rows, "floor"))
		if w.rate > 0 {
			l.Reached = judge.Of(each(r, func(o outing) float64 { return o.rate() / w.rate }))
		}
		for _, one := range r.runs {
			l.Steal, l.Others = max(l.Steal, one.Steal), max(l.Others, one.Others)
		}
		t.Lines = append(t.Lines, l)
	}
	slices.SortStableFunc(t.Lines, func(a, b line) int {
		if a.Micros < b.Micros {
			return -1
		}
		return 1
	})
	return t
}

// present is the first goal that has a client to be held against.
func present(goals []goal, rows []row) goal {
	for _, g := range goals {
		if len(of(rows, g.Against).runs) > 0 {
			return g
		}
	}
	return goal{}
}

// of finds a client's row; there may be none.
func of(rows []row, client string) row {
	for _, r := range rows {
		if r.client == client {
			return r
		}
	}
	return row{}
}

// ratios compares a row with another, round by round.
func ratios(r row, rows []row, with string) (all []float64) {
	for _, other := range of(rows, with).runs {
		for _, one := range r.runs {
			if one.Round == other.Round {
				all = append(all, one.perRequest()/other.perRequest())
			}
		}
	}
	return all
}

func each(r row, figure func(outing) float64) (all []float64) {
	for _, one := range r.runs {
		all = append(all, figure(one))
	}
	return all
}

func (t table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s\n\n", t.Name, t.What)
	if len(t.Lines) > 0 {
		fmt.Fprintf(&b, "  %-9s %14s  %-18s %-18s %-18s %7s  %8s\n", "client", "CPU µs/request", t.against(), "× floor", t.reached(), "steal ≤", "others ≤")
	}
	for _, l := range t.Lines {
		fmt.Fprintf(&b, "  %-9s %14s  %-18s %-18s %-18s %6.1f%%  %7.1f%%  %s\n", l.Client, l.micros(), l.ToBase, l.ToFloor, l.reached(), 100*l.Steal, 100*l.Others, l.Broken)
	}
	b.WriteByte('\n')
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "  %s\n", v)
	}
	return b.String()
}

func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n", t.Name, t.What)
	if len(t.Lines) > 0 {
		fmt.Fprintf(&b, "%s\n\n| client | CPU µs/request | %s | × floor | %s | steal, others ≤ |\n|---|---|---|---|---|---|\n", t.how(), t.against(), t.reached())
	}
	for _, l := range t.Lines {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.0f %%, %.0f %% |\n", strings.TrimSpace(l.Client+" "+l.Broken), l.micros(), l.ToBase, l.ToFloor, l.reached(), 100*l.Steal, 100*l.Others)
	}
	b.WriteString("\n| loadctl | | goal | |\n|---|---|---|---|\n")
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.What, v.Text, v.Goal, v.Word())
	}
	return b.String()
}

// how says how it was measured.
func (t table) how() string {
	text := fmt.Sprintf("%s: %d rounds of %.0f s", t.Day, t.Rounds, t.Seconds)
	if t.Pinned {
		text += ", server on core 0, client on core 1"
	}
	return text + "."
}

// against heads the column of ratios.
func (t table) against() string {
	if t.Against == "" {
		return "× nobody"
	}
	return "× " + t.Against
}

// reached heads the column of how much of the rate there was; closed loads have none.
func (t table) reached() string {
	if t.Rate == 0 {
		return ""
	}
	return "rate ÷ asked"
}

func (l line) reached() string {
	if l.Reached == (judge.Spread{}) {
		return ""
	}
	return l.Reached.Text("%.3f")
}

func (l line) micros() string {
	if l.Micros == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", l.Micros)
}
