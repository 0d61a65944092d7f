package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/bench/internal/judge"
)

// A report is all that was weighed on a machine.
type report struct {
	Machine string  `json:"machine"`
	Tables  []table `json:"rows"`
}

// A table is one row, weighed.
type table struct {
	Name     string          `json:"name"`
	What     string          `json:"what"`
	Day      string          `json:"day"`
	Agents   int             `json:"agents"`
	Servers  int             `json:"servers"`
	Verdicts []judge.Verdict `json:"verdicts"`
	Broken   string          `json:"broken,omitempty"` // what stopped it
	Rounds   []round         `json:"rounds"`
}

var (
	bytesEach = judge.Unit{Format: "%.0f", Name: " B"}
	secs      = judge.Unit{Format: "%.2f", Name: " s"}
	timesOf   = judge.Unit{Format: "%.2f", Name: " × floor"}
	micros    = judge.Unit{Format: "%.1f", Name: " µs"}
	count     = judge.Unit{Format: "%.0f"}
)

func newTable(w row, rounds []round, broken error) table {
	t := table{Name: w.name, What: w.what, Day: time.Now().Format(time.DateOnly), Agents: w.agents, Servers: w.servers(),
		Rounds: rounds, Verdicts: w.verdicts(sound(rounds))}
	if broken != nil {
		t.Broken = broken.Error()
	}
	return t
}

// verdicts are the figures of a row beside what they are to be.
func (w row) verdicts(rounds []round) (all []judge.Verdict) {
	figures := func(of func(round) float64) (all []float64) {
		for _, r := range rounds {
			all = append(all, of(r))
		}
		return all
	}
	each := figures(func(r round) float64 { return r.All.Memory / float64(r.All.Connections) })
	all = append(all,
		judge.AtMost("connections lost or not opened", figures(func(r round) float64 { return float64(r.All.Lost) }), 0, count),
		w.atMost("opened in", figures(func(r round) float64 { return r.All.Opening }), w.goals.opening.Seconds(), secs),
		judge.Shown("opened in, by the server's last accept", figures(func(r round) float64 { return r.All.Accepting }), secs))
	if w.goals.above > 0 {
		all = append(all, w.atMost("memory of a connection, beside what the agents take without any", figures(round.above), w.goals.above, bytesEach))
	}
	all = append(all, w.atMost("memory of a connection, agents included", each, w.goals.each, bytesEach))
	if w.every > 0 {
		all = append(all,
			judge.AtMost("requests failed", figures(func(r round) float64 { return float64(r.All.Failed) }), 0, count),
			judge.Shown("CPU for a request", figures(func(r round) float64 { return r.All.perRequest() }), micros))
	}
	if w.goals.floor > 0 {
		all = append(all, w.atMost("CPU for a request", figures(func(r round) float64 { return r.All.perRequest() / r.Floor.perRequest() }), w.goals.floor, timesOf))
	}
	return all
}

// atMost has a goal only where the row has one.
func (w row) atMost(what string, values []float64, most float64, u judge.Unit) judge.Verdict {
	if most == 0 {
		return judge.Shown(what, values, u)
	}
	return judge.AtMost(what, values, most, u)
}

func (t table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s (%s)\n\n", t.Name, t.What, t.how())
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "  %s\n", v)
	}
	if t.Broken != "" {
		fmt.Fprintf(&b, "\n  stopped: %s\n", t.Broken)
	}
	return b.String() + "\n"
}

// how says how it was measured.
func (t table) how() string {
	return fmt.Sprintf("%d rounds, %d agents, %d server processes", len(sound(t.Rounds)), t.Agents, t.Servers)
}

func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s: %s.\n\n| | | goal | |\n|---|---|---|---|\n", t.Name, t.What, t.Day, t.how())
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.What, v.Text, v.Goal, v.Word())
	}
	if t.Broken != "" {
		fmt.Fprintf(&b, "\nStopped:\n\n```\n%s\n```\n", t.Broken)
	}
	return b.String()
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Connections that are held\n\nMade by `make bench-idle` and `make bench-hold`. %s.\n", r.Machine)
	b.WriteString(`
Medians of the rounds, with the least and the most. Memory is the PSS of all agents at its most while they hold, in all and above what as many agents
take with a handful of connections. CPU is user + system time of the agents divided by the requests the server counted, in a stretch of the
hold; bench/floor holds as many connections and sends as many requests in runs between. The server, bench/tinyserver in several processes,
runs on the same cores. What weighs CPU against bench/floor is done again, up to three times, when neighbours of the machine or other processes on it
(by their own CPU times; who ended meanwhile is missed) took more than 8 % of it.
`)
	for _, t := range r.Tables {
		b.WriteString(t.markdown())
	}
	return b.String()
}

// readme is the table that README shows: all that has a goal.
func (r report) readme() string {
	if len(r.Tables) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| connections | | goal | |\n|---|---|---|---|\n")
	for _, t := range r.Tables {
		for _, v := range t.Verdicts {
			if v.Goal != "" {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.What, strings.TrimSpace(v.What+" "+v.Text), v.Goal, v.Word())
			}
		}
	}
	return b.String()
}

// earlier is the report at path, without anything when there is none or it is of
// another machine.
func earlier(path string) (report, error) {
	r, err := load(path)
	if here := machine(); err != nil || r.Machine != here {
		return report{Machine: here}, err
	}
	return r, nil
}

// load reads the report at path; without one it is empty.
func load(path string) (report, error) { return judge.Load[report](path) }

// put adds a table, in the place of an earlier one of the same row.
func (r *report) put(t table) {
	i := slices.IndexFunc(r.Tables, func(old table) bool { return old.Name == t.Name })
	if i >= 0 {
		r.Tables[i] = t
		return
	}
	r.Tables = append(r.Tables, t)
	slices.SortStableFunc(r.Tables, func(a, b table) int { return rank(a) - rank(b) })
}

// rank is a table's place: as the rows are, then what was tried beyond them.
func rank(t table) int {
	if i := slices.IndexFunc(rows, func(w row) bool { return w.name == t.Name }); i >= 0 {
		return i
	}
	return len(rows)
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
