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

// A report is all that was weighed on a machine.
type report struct {
	Machine string   `json:"machine"`
	Absent  []string `json:"absent"`
	Tables  []table  `json:"workloads"`
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

// put adds a table, in the place of an earlier one of the same workload. Tables of
// workloads that are no more are dropped.
func (r *report) put(t table) {
	r.Tables = append(slices.DeleteFunc(r.Tables, func(old table) bool { return old.Name == t.Name || rank(old) < 0 }), t)
	slices.SortStableFunc(r.Tables, func(a, b table) int { return rank(a) - rank(b) })
}

// rank is a table's place in the order of workloads.
func rank(t table) int {
	return slices.IndexFunc(workloads, func(w workload) bool { return w.name == t.Name })
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# CPU beside the peers\n\nMade by `make bench-peers`. %s.\n", r.Machine)
	b.WriteString(`
CPU is user + system time of the client (of loadctl: its agent) divided by the requests the server counted, in alternating runs on the same
server. Of closed loads the whole run counts, opening included, for every client. Of open loads a window counts, of the same length for
every client, with all connections open and the rate reached; wrk2's begins after the 10 s in which it calibrates. floor and loadctl send
Poisson arrivals, wrk2 and h2load even ones; nobody is pinned, because clients that sleep between requests are not pinned by their users. Steal is what
neighbours took of the machine, others what processes did that are neither
client nor server, by their own CPU times (who ended meanwhile is missed); what lost more than 8 % to either is done again, up to three times. Ratios are medians of the rounds, with the least and the most. Even ratios differ between
machines: where system calls are cheap, what is a client's own weighs more.

Service times are held against a server that answers after 1 to 3 ms and stamps each answer itself: from the kernel's receive stamp of the
request to the write of the answer. What lies between that and what loadctl tells is the way through the kernel, twice, and the error.
`)
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "\nNot on PATH, so not measured: %s.\n", strings.Join(r.Absent, ", "))
	}
	for _, t := range r.Tables {
		b.WriteString(t.markdown())
	}
	return b.String()
}

// readme is the table that README shows: all that has a goal.
func (r report) readme() string {
	var b strings.Builder
	b.WriteString("| workload | loadctl | goal | |\n|---|---|---|---|\n")
	for _, t := range r.Tables {
		for _, v := range t.Verdicts {
			if v.Goal != "" {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.What, strings.TrimSpace(v.What+" "+v.Text), v.Goal, v.Word())
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
