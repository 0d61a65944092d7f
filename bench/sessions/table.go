package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/judge"
)

// A table is what all rounds found.
type table struct {
	Machine string `json:"machine"`
	Day     string `json:"day"`
	shape
	Verdicts []judge.Verdict `json:"verdicts"`
	Rounds   []weight        `json:"rounds"`
}

// The goals, of 1,000 hosts with 20 series. With fewer hosts there is none for what goes with their number.
const (
	goalHosts = 1000
	mostCores = 1
	mostBytes = 1e9
	mostLate  = 2 // seconds
)

var (
	cores   = judge.Unit{Format: "%.2f", Name: " cores"}
	micros  = judge.Unit{Format: "%.0f", Name: " µs"}
	megas   = judge.Unit{Format: "%.0f", Name: " MB"}
	secs    = judge.Unit{Format: "%.2f", Name: " s"}
	counted = judge.Unit{Format: "%.0f"}
)

// late is a percentile of how late windows were closed.
func (w weight) late(p float64) float64 {
	sorted := slices.Sorted(slices.Values(w.Late))
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

// perSession is CPU time in µs for a session and window.
func (w weight) perSession(hosts int) float64 {
	return w.CPU * w.Seconds * 1e6 / float64(max(w.Windows, 1)*hosts)
}

func (t table) verdicts() []judge.Verdict {
	of := func(figure func(weight) float64) (all []float64) {
		for _, r := range t.Rounds {
			all = append(all, figure(r))
		}
		return all
	}
	atMost := judge.AtMost
	if t.Hosts < goalHosts {
		atMost = func(what string, values []float64, _ float64, u judge.Unit) judge.Verdict {
			return judge.Shown(what, values, u)
		}
	}
	return []judge.Verdict{
		atMost("user + system time of the coordinator's process", of(func(w weight) float64 { return w.CPU }), mostCores, cores),
		judge.AtMost("the same, a window of a session", of(func(w weight) float64 { return w.perSession(t.Hosts) }), mostCores*1e6/goalHosts, micros),
		atMost("peak memory, its report included", of(func(w weight) float64 { return w.Memory / 1e6 }), mostBytes/1e6, megas),
		judge.Shown("peak memory up to the end of the load", of(func(w weight) float64 { return w.Loaded / 1e6 }), megas),
		judge.Shown("a window closed after its end, median", of(func(w weight) float64 { return w.late(0.5) }), secs),
		judge.Shown("p99", of(func(w weight) float64 { return w.late(0.99) }), secs),
		atMost("at most", of(func(w weight) float64 { return w.late(1) }), mostLate, secs),
		judge.AtMost("hosts lost, windows that lack one", of(func(w weight) float64 { return float64(w.Lost + w.Partial) }), 0, counted),
		judge.AtMost("rows that differ from what hosts measured", of(func(w weight) float64 { return float64(w.Wrong) }), 0, counted),
		judge.Shown("until all hosts are called and ready", of(func(w weight) float64 { return w.Gathered }), secs),
		judge.Shown("from the end of the run to its last file", of(func(w weight) float64 { return w.Finished }), secs),
		judge.Shown("the record, a second", of(func(w weight) float64 { return w.Record / 1e6 / float64(t.Seconds) }), judge.Unit{Format: "%.2f", Name: " MB"}),
		judge.Shown("CPU time of the sessions' own process, in all", of(func(w weight) float64 { return w.Fleet }), secs),
	}
}

// session is CPU time in µs for a session in a second, in the middle round.
func (t table) session() float64 {
	var all []float64
	for _, r := range t.Rounds {
		all = append(all, r.perSession(t.Hosts))
	}
	return judge.Of(all).Median
}

// caption says how it was measured, and how busy the machine was with other things.
func (t table) caption() string {
	most := 0.0
	for _, r := range t.Rounds {
		most = max(most, r.Others)
	}
	return fmt.Sprintf("%s. %s, %s; %d rounds; others took up to %.0f %% of the machine.\n\n", t.what(), t.Machine, t.Day, len(t.Rounds), 100*most)
}

func (w weight) String() string {
	return fmt.Sprintf("%.2f cores, %.0f MB (%.0f MB at the end of the load), late %.2f/%.2f/%.2f s (p50/p99/most; sent at most %.2f s late), lost %d, partial %d, wrong %d, "+
		"ready in %.1f s, files in %.1f s, fleet %.1f s of CPU; %s, %s %v; steal %.0f %%, others %.0f %%",
		w.CPU, w.Memory/1e6, w.Loaded/1e6, w.late(0.5), w.late(0.99), w.late(1), w.Sent, w.Lost, w.Partial, w.Wrong,
		w.Gathered, w.Finished, w.Fleet, w.Verdict, w.Validity, w.Reasons, 100*w.Steal, 100*w.Others)
}

func (t table) what() string {
	return fmt.Sprintf("%d hosts of %d agents, %d series, a report a second, %d s", t.Hosts, t.Agents, t.Series, t.Seconds)
}

func (t table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", t.what())
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "  %s\n", v)
	}
	return b.String()
}

func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What hosts cost a coordinator\n\nMade by `make bench-sessions`: %s", strings.TrimSuffix(t.caption(), "\n"))
	b.WriteString(`
Medians of the rounds, with the least and the most. CPU time and memory are those of the coordinator's process alone (getrusage), with the run's
files being written as in every run; the sessions are a second process on the same cores. [What it means](../../docs/scale.md).

`)
	b.WriteString(t.rows())
	return b.String()
}

// rows are the verdicts as a table.
func (t table) rows() string {
	var b strings.Builder
	b.WriteString("| | | goal | |\n|---|---|---|---|\n")
	for _, v := range t.Verdicts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.What, v.Text, v.Goal, v.Word())
	}
	return b.String()
}

// write makes path.json and path.md.
func (t table) write(path string) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".md", []byte(t.markdown()), 0o644)
}

func thisMachine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
