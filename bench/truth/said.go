package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/judge"
	"github.com/loadctl/loadctl/bench/internal/summary"
)

// A peersReport is every situation on a machine.
type peersReport struct {
	Machine    string   `json:"machine"`
	Absent     []string `json:"absent"`
	Situations []said   `json:"situations"`
}

// Said is what all tools say of one situation.
type said struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Day     string   `json:"day"`
	Answers []answer `json:"answers"`
}

// An answer is what one tool says.
type answer struct {
	Tool    string   `json:"tool"`
	Makes   string   `json:"load"`
	Arrived uint64   `json:"arrived"` // at the target, by its count
	Refused uint64   `json:"refused"` // of them, at once
	Told    three    `json:"told"`
	Truth   three    `json:"true"`
	Exit    int      `json:"exit"`
	Notes   []string `json:"notes,omitempty"`
	Broken  string   `json:"broken,omitempty"` // why there are no times
	Steal   float64  `json:"steal"`
	Others  float64  `json:"others"` // other processes, as a share of the machine
}

var saidHeads = []string{"tool", "its load", "requests", "p50 / p99 / p99.9, ms", "true", "error", "what it said", "steal, others"}

func (a answer) cells() []string {
	return []string{a.Tool, a.Makes, fmt.Sprint(a.Arrived), a.Told.String(), a.Truth.String(), a.off(), a.words(),
		fmt.Sprintf("%.0f %%, %.0f %%", 100*a.Steal, 100*a.Others)}
}

func (t three) String() string { return fmt.Sprintf("%s / %s / %s", t[0], t[1], t[2]) }

func (a answer) off() string {
	var all []string
	for i, told := range a.Told {
		off, known := told.Off(a.Truth[i])
		switch {
		case !known:
			all = append(all, "–")
		case math.IsInf(off, 1):
			all = append(all, "+∞")
		case off >= 9:
			all = append(all, fmt.Sprintf("× %.0f", 1+off))
		default:
			all = append(all, fmt.Sprintf("%+.1f %%", 100*off))
		}
	}
	return strings.Join(all, " / ")
}

// words are the exit code and what the tool says besides.
func (a answer) words() string {
	all := []string{fmt.Sprint("exit ", a.Exit)}
	if a.Broken != "" {
		all = append(all, a.Broken)
	}
	for _, n := range a.Notes {
		all = append(all, cut(strings.ReplaceAll(n, "|", "/"), 160))
	}
	return strings.Join(all, "; ")
}

// cut leaves so many letters of a text.
func cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}

func (t said) rows() [][]string {
	rows := [][]string{saidHeads}
	for _, a := range t.Answers {
		rows = append(rows, a.cells())
	}
	return rows
}

// earlierPeers is the report at path, without anything when it is of another machine.
func earlierPeers(path string) (peersReport, error) {
	r, err := judge.Load[peersReport](path)
	if here := machine(); err != nil || r.Machine != here {
		return peersReport{Machine: here}, err
	}
	return r, nil
}

// put adds a situation, in the place of an earlier one, in their order.
func (r *peersReport) put(t said) {
	all := situations(false)
	place := func(t said) int {
		return slices.IndexFunc(all, func(s situation) bool { return s.name == t.Name })
	}
	r.Situations = append(slices.DeleteFunc(r.Situations, func(old said) bool { return old.Name == t.Name || place(old) < 0 }), t)
	slices.SortStableFunc(r.Situations, func(a, b said) int { return place(a) - place(b) })
}

// page is the table of docs/measurement.md: of each situation p99 as told, and the true one.
func (r peersReport) page() string {
	if len(r.Situations) == 0 {
		return ""
	}
	heads, order, cells := []string{"p99, ms"}, []string{}, map[string][]string{}
	for _, t := range r.Situations {
		heads = append(heads, t.Name)
		for _, a := range t.Answers {
			if cells[a.Tool] == nil {
				order = append(order, a.Tool)
			}
			cells[a.Tool] = append(cells[a.Tool], a.cell())
		}
	}
	rows := [][]string{heads}
	for _, tool := range order {
		rows = append(rows, append([]string{tool}, cells[tool]...))
	}
	return ruled(rows)
}

// cell is p99 as told and as it is, and that the tool itself does not believe it.
func (a answer) cell() string {
	text := fmt.Sprintf("%s, true %s", a.Told[1], a.Truth[1])
	if a.Exit == summary.ExitInvalid {
		text += ", *invalid*"
	}
	return text
}

func (r peersReport) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What tools say, beside what is true\n\nMade by `make truth-peers`. %s.\n", r.Machine)
	b.WriteString(`
Every tool is asked for the same load on a target whose response times are known ([docs/target.md](../../docs/target.md)), and its own figures stand beside the
truth. Truth is the time that a user waits who comes when the load asked for says so. A percentile
that is true "never" is that of a request which failed: no time was short enough. Of tools that make no constant rate the row says what they
were given: closed loops as many connections as make the rate, by Little's law, while nothing is wrong. wrk2 runs 10 s longer, which it throws away, and the
target freezes that much later for it. A dash is what a tool does not tell.
Steal is what neighbours took of the machine, others what processes did that are neither tool nor target.
`)
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "\nNot on PATH, so not asked: %s.\n", strings.Join(r.Absent, ", "))
	}
	for _, t := range r.Situations {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n%s.\n\n%s", t.Name, t.What, t.Day, ruled(t.rows()))
	}
	return b.String()
}
