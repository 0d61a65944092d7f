package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/bench/internal/harms"
	"github.com/loadctl/loadctl/bench/internal/judge"
)

// A faultReport is every fault on a machine.
type faultReport struct {
	Machine string      `json:"machine"`
	Rows    []harms.Row `json:"faults"`
}

// faultsStudy does every fault so many times, and keeps each as it ends; those left out
// stay as they were.
func faultsStudy(ctx context.Context, b *bench) (missed bool, err error) {
	path := filepath.Join(b.results, "truth-faults")
	r, err := judge.Load[faultReport](path)
	if here := machine(); r.Machine != here {
		r = faultReport{Machine: here}
	}
	if err != nil {
		return true, err
	}
	all := harms.All()
	for _, f := range all {
		if !b.only.MatchString(f.Name) {
			continue
		}
		row, broken := f.Study(ctx, b.binary, cmp.Or(b.runs, 20), say(f))
		if ctx.Err() != nil {
			return true, ctx.Err()
		}
		if broken != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", f.Name, broken))
		}
		row.Day = time.Now().Format(time.DateOnly)
		missed = missed || row.Missed()
		r.put(row, all)
		if wrote := writeBoth(path, r, r.markdown()); wrote != nil {
			return true, wrote
		}
	}
	fmt.Print(tabbed(r.table()))
	return missed, err
}

// say tells of a run as it ends.
func say(f harms.Fault) func(harms.Run) {
	return func(r harms.Run) {
		text := fmt.Sprintf("%s: %s, exit %d, %.1f s", f.Name, r.Verdict, r.Exit, r.Took)
		if f.Clean() && r.Disturbed() {
			text += fmt.Sprintf(", disturbed (steal %.1f %%, others %.0f %%)", 100*r.Steal, 100*r.Others)
		}
		if !f.Clean() && !r.Names(f.Reason) {
			text += ", not the right reason: " + strings.Join(r.Reasons, "; ")
		}
		log.Print(text)
	}
}

// put adds a row, in the place of an earlier one, in the order of faults.
func (r *faultReport) put(row harms.Row, all []harms.Fault) {
	place := func(row harms.Row) int {
		return slices.IndexFunc(all, func(f harms.Fault) bool { return f.Name == row.Fault })
	}
	r.Rows = append(slices.DeleteFunc(r.Rows, func(old harms.Row) bool { return old.Fault == row.Fault || place(old) < 0 }), row)
	slices.SortStableFunc(r.Rows, func(a, b harms.Row) int { return place(a) - place(b) })
}

func (r faultReport) table() [][]string {
	rows := [][]string{{"fault", "runs", "invalid", "right reason", "degraded", "must", "", "disturbed"}}
	for _, row := range r.Rows {
		right, degraded := fmt.Sprint(row.Right), ""
		if row.Clean() {
			right, degraded = "", fmt.Sprint(row.Degraded)
		}
		rows = append(rows, []string{row.What, fmt.Sprint(len(row.Runs)), row.Alarms(), right, degraded, row.Must, row.Word(), row.By()})
	}
	return rows
}

func (r faultReport) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Whether spoilt measurements say so\n\nMade by `make truth-faults`. %s.\n", r.Machine)
	b.WriteString(`
A run of loadctl, 500 requests a second for 7 s by two agents, is harmed 2 s into its load. It must be invalid then, with exit code 97, and
one of its reasons must name the cause. Runs to which nothing is done must not be invalid, and must end with exit code 0; those of them that
are degraded are told, and miss nothing. Disturbed are runs in which neighbours took
2 % of the machine (steal) or other processes on it 10 % (by their own CPU times; who ended meanwhile is missed). Of runs to which
nothing is done they do not count, but are made again, up to three times. What cannot be done on a machine is skipped, and was not kept.

`)
	b.WriteString(ruled(r.table()))
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s.", row.Fault, row.What, row.Day)
		if !row.Clean() {
			fmt.Fprintf(&b, " The right reason matches `%s`.", row.Reason)
		}
		b.WriteString("\n\n")
		for _, s := range row.Sayings() {
			fmt.Fprintf(&b, "- %d of %d: %s\n", s.Times, len(row.Runs), s.Text)
		}
	}
	return b.String()
}
