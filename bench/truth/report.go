package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	hardware "github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/bench/internal/judge"
)

// A report is every study on a machine.
type report struct {
	Machine string  `json:"machine"`
	Tables  []table `json:"studies"`
}

// A table is what one study found.
type table struct {
	Name   string   `json:"name"`
	What   string   `json:"what"`
	Day    string   `json:"day"`
	Bars   []bar    `json:"bars"`
	Notes  []string `json:"notes"`
	Broken string   `json:"broken,omitempty"` // what stopped it
}

var heads = []string{"bar", "measured", "true", "error", "must", ""}

// missed says whether a bar was missed, or the study could not be made.
func (t table) missed() bool {
	return t.Broken != "" || slices.ContainsFunc(t.Bars, func(b bar) bool { return !b.Kept })
}

func (t table) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s\n\n", t.Name, t.What)
	for line := range strings.Lines(tabbed(t.rows())) {
		b.WriteString("  " + line)
	}
	b.WriteByte('\n')
	for _, n := range t.told() {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	return b.String()
}

func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s. %s.\n", t.Name, t.What, t.Day)
	if rows := t.rows(); len(rows) > 0 {
		b.WriteString("\n" + ruled(rows))
	}
	for i, n := range t.told() {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// rows are the table's lines, if it has any, under their heads.
func (t table) rows() (all [][]string) {
	for _, one := range t.Bars {
		all = append(all, one.cells())
	}
	if len(all) == 0 {
		return nil
	}
	return append([][]string{heads}, all...)
}

// told are the notes, and what stopped the study.
func (t table) told() []string {
	if t.Broken == "" {
		return t.Notes
	}
	return append(slices.Clone(t.Notes), "stopped: "+t.Broken)
}

// earlier is the report at path, without anything when there is none or it is of
// another machine.
func earlier(path string) (report, error) {
	r, err := judge.Load[report](path)
	if here := machine(); err != nil || r.Machine != here {
		return report{Machine: here}, err
	}
	return r, nil
}

// put adds a table, in the place of an earlier one of the same study. Those of studies
// that are no more are dropped.
func (r *report) put(t table) {
	r.Tables = append(slices.DeleteFunc(r.Tables, func(old table) bool { return old.Name == t.Name || rank(old.Name) < 0 }), t)
	slices.SortStableFunc(r.Tables, func(a, b table) int { return rank(a.Name) - rank(b.Name) })
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What is measured, beside what is true\n\nMade by `make truth`. %s.\n%s", r.Machine, howMeasured)
	for _, t := range r.Tables {
		b.WriteString(t.markdown())
	}
	return b.String()
}

const howMeasured = `
Loads are of one agent with one loop, over loopback, and their server is another process of the same machine: ` + "`loadctl target queue`" + `, which
says of each request how long it took, or bench/tinyserver where arrivals are looked at. Nobody is pinned. Every request has a row (` + "`run --tap`" + `), so
that each can be held against its answer and against the schedule. The error of a request is its service time, less what the answer says it took, less how
late the server says it wrote it: the way there and back, and the tool.

Runs of minutes have luck of their own, which the notes tell of. The bars are about the tool: seeds of arrivals and services are given, and chosen so that the
same run in virtual time, where there is no tool, keeps them. Against the run's own true times luck is the same on both sides. A trial that missed
something is made again when others took more than 8 % of the machine. That loadctl itself doubts it is no excuse.
`

// machine tells apart those whose figures must not stand in one table: there are many of two
// cores, so their kind is told too.
func machine() string { return machineOf(hardware.Facts().Model) }

func machineOf(processor string) string {
	cores := fmt.Sprintf("%d cores", runtime.NumCPU())
	if processor != "" {
		cores += " of " + processor
	}
	return fmt.Sprintf("%s, %s/%s, %s", cores, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
