package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// A report is all that was weighed at once.
type report struct {
	Machine string   `json:"machine"`
	Rounds  int      `json:"rounds"`
	Seconds float64  `json:"seconds"`
	Pinned  bool     `json:"pinned"`
	Absent  []string `json:"absent"`
	Tables  []table  `json:"workloads"`
}

type table struct {
	Name  string  `json:"name"`
	What  string  `json:"what"`
	Goal  goal    `json:"goal"`             // none: its client is not here
	Lag   float64 `json:"pacer_lag_p99_ms"` // loadctl's, median; open loads only
	Lines []line  `json:"clients"`
}

// A line is one client's figures. Ratios are of CPU for each request, taken within
// each round; the median of them, and the least and the most.
type line struct {
	Client  string   `json:"client"`
	Micros  float64  `json:"cpu_us_per_request"` // median
	ToBase  spread   `json:"ratio_to_base"`
	ToFloor spread   `json:"ratio_to_floor"`
	Beside  float64  `json:"beside_cores"` // median
	Steal   float64  `json:"steal"`        // most
	Runs    []outing `json:"runs"`
}

type spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func (s spread) String() string {
	if s.Median == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Least, s.Most)
}

func newTable(w workload, rows []row) table {
	t := table{Name: w.name, What: w.what, Goal: w.goal(rows)}
	for _, r := range rows {
		l := line{Client: r.client, Runs: r.runs, ToBase: ratio(r, rows, t.Goal.Against), ToFloor: ratio(r, rows, "floor")}
		l.Micros = median(r.runs, outing.perRequest)
		l.Beside = median(r.runs, func(r outing) float64 { return r.Beside })
		if r.client == "loadctl" && w.rate > 0 {
			t.Lag = median(r.runs, func(r outing) float64 { return r.Lag })
		}
		for _, one := range r.runs {
			l.Steal = max(l.Steal, one.Steal)
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

// goal is the first that has a client to be held against.
func (w workload) goal(rows []row) goal {
	for _, g := range w.goals {
		if slices.ContainsFunc(rows, func(r row) bool { return r.client == g.Against }) {
			return g
		}
	}
	return goal{}
}

// ratio compares a row with another, round by round.
func ratio(r row, rows []row, with string) spread {
	i := slices.IndexFunc(rows, func(r row) bool { return r.client == with })
	if i < 0 {
		return spread{}
	}
	var all []float64
	for k, one := range r.runs {
		all = append(all, one.perRequest()/rows[i].runs[k].perRequest())
	}
	slices.Sort(all)
	return spread{Median: middle(all), Least: all[0], Most: all[len(all)-1]}
}

func median(runs []outing, of func(outing) float64) float64 {
	var all []float64
	for _, r := range runs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return middle(all)
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// verdict says whether loadctl kept the goal.
func (t table) verdict() string {
	for _, l := range t.Lines {
		if l.Client != "loadctl" || l.ToBase.Median == 0 {
			continue
		}
		word := "kept"
		if l.ToBase.Median > t.Goal.Most {
			word = "MISSED"
		}
		text := fmt.Sprintf("loadctl %.2f × %s, goal ≤ %.2f: %s; host and coordinator beside it %.1f %% of a core",
			l.ToBase.Median, t.Goal.Against, t.Goal.Most, word, 100*l.Beside)
		if t.Lag > 0 {
			text += fmt.Sprintf("; pacer lag p99 %.2f ms", t.Lag)
		}
		return text
	}
	return "nobody to hold loadctl against is here: no ratio"
}

// against heads the column of ratios.
func (t table) against() string { return "× " + cmp.Or(t.Goal.Against, "nobody") }

func (t table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s\n\n  %-9s %14s  %-18s %-18s %7s\n", t.Name, t.What, "client", "CPU µs/request", t.against(), "× floor", "steal ≤")
	for _, l := range t.Lines {
		fmt.Fprintf(&b, "  %-9s %14.2f  %-18s %-18s %6.1f%%\n", l.Client, l.Micros, l.ToBase, l.ToFloor, 100*l.Steal)
	}
	fmt.Fprintf(&b, "\n  %s\n", t.verdict())
	return b.String()
}

func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| client | CPU µs/request | %s | × floor |\n|---|---|---|---|\n", t.Name, t.What, t.against())
	for _, l := range t.Lines {
		fmt.Fprintf(&b, "| %s | %.2f | %s | %s |\n", l.Client, l.Micros, l.ToBase, l.ToFloor)
	}
	fmt.Fprintf(&b, "\n%s.\n", t.verdict())
	return b.String()
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# CPU beside the peers\n\nMade by `make bench-peers`. %s. %d rounds of %.0f s, clients alternating", r.Machine, r.Rounds, r.Seconds)
	if r.Pinned {
		b.WriteString(", server on core 0, client on core 1")
	}
	b.WriteString(".\nCPU is user + system time of the client (of loadctl: its agent) divided by the requests the server counted;\n" +
		"ratios are medians of the rounds, with the least and the most. Even ratios differ between machines: where system calls are cheap, what is a client's own weighs more.\n")
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "Not on PATH, so not measured: %s.\n", strings.Join(r.Absent, ", "))
	}
	for _, t := range r.Tables {
		b.WriteString(t.markdown())
	}
	return b.String()
}

// readme is the table that README shows.
func (r report) readme() string {
	var b strings.Builder
	b.WriteString("| workload | loadctl's CPU for a request | goal |\n|---|---|---|\n")
	for _, t := range r.Tables {
		for _, l := range t.Lines {
			if l.Client == "loadctl" {
				fmt.Fprintf(&b, "| %s | %s × %s | ≤ %.2f |\n", t.What, l.ToBase, t.Goal.Against, t.Goal.Most)
			}
		}
	}
	return b.String()
}

// write makes path.json and path.md.
func (r report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".md", []byte(r.markdown()), 0o644)
}

func machine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
