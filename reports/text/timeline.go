package text

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// widest is how many agents have a column of their own; more share one that gives
// the least and the most.
const widest = 4

// Timeline writes what the phases of a scenario do, and then what is asked for step
// by step.
func Timeline(w io.Writer, t plan.Timeline) error {
	p := &page{}
	p.line("%s: %s load for %s; %s, seed %d: %s", oneLine(t.Scenario), strings.ReplaceAll(t.Model, "+", " + "), t.Duration,
		many(len(t.Agents), "agent", "agents"), t.Seed, arrivals(t.Arrivals))
	p.line("")
	for _, phase := range t.Phases {
		p.line("  %s, %s to %s: %s", oneLine(phase.Name), offset(phase.BeginS), offset(phase.EndS), oneLine(phase.Words))
	}
	p.line("")
	p.table(timelineRows(t))
	p.line("")
	p.line("  Users and connections are the most at any moment of a step, arrivals those due in it.")
	p.line("  Agents have users/arrivals/connections. Planned: a target that answers late delays what waits for it.")
	_, err := io.WriteString(w, p.String())
	return err
}

func timelineRows(t plan.Timeline) [][]string {
	rows := [][]string{append(append([]string{"from", "users", "arrivals", "connections"}, agentHeads(t)...), "phases")}
	for _, s := range t.Steps {
		row := append([]string{offset(s.FromS)}, loadCells(s.Load)...)
		row = append(row, agentCells(s.Agents)...)
		rows = append(rows, append(row, strings.Join(s.Phases, ", ")))
	}
	return append(rows, totals(t))
}

func totals(t plan.Timeline) []string {
	row := []string{"all", "", plan.Thousands(int(t.Arrivals)), ""}
	parts := make([]plan.Load, len(t.Agents))
	for i, a := range t.Agents {
		parts[i].Arrivals = a.Arrivals
	}
	for _, cell := range agentCells(parts) {
		row = append(row, strings.Split(cell, "/")[1])
	}
	return append(row, "")
}

func loadCells(l plan.Load) []string {
	return []string{plan.Thousands(int(l.Users)), plan.Thousands(int(l.Arrivals)), plan.Thousands(int(l.Connections))}
}

func agentHeads(t plan.Timeline) (heads []string) {
	if len(t.Agents) > widest {
		return []string{"each agent"}
	}
	for _, a := range t.Agents {
		heads = append(heads, a.Name)
	}
	return heads
}

func agentCells(agents []plan.Load) (cells []string) {
	if len(agents) > widest {
		least, most := agents[0], agents[0]
		for _, a := range agents {
			least = plan.Load{Users: min(least.Users, a.Users), Arrivals: min(least.Arrivals, a.Arrivals), Connections: min(least.Connections, a.Connections)}
			most = plan.Load{Users: max(most.Users, a.Users), Arrivals: max(most.Arrivals, a.Arrivals), Connections: max(most.Connections, a.Connections)}
		}
		return []string{between(least.Users, most.Users) + "/" + between(least.Arrivals, most.Arrivals) + "/" + between(least.Connections, most.Connections)}
	}
	for _, a := range agents {
		cells = append(cells, strings.Join(loadCells(a), "/"))
	}
	return cells
}

// between writes 3–4, or 3 where both are.
func between(least, most uint64) string {
	if least == most {
		return plan.Thousands(int(least))
	}
	return plan.Thousands(int(least)) + "–" + plan.Thousands(int(most))
}

func arrivals(n uint64) string { return many(int(n), "arrival", "arrivals") }

func offset(s float64) string { return time.Duration(math.Round(s * float64(time.Second))).String() }

// table writes rows with every column but the last set to the right.
func (p *page) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row[:len(row)-1] {
			fmt.Fprintf(&b, "  %s%s", strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)), cell)
		}
		p.line("%s", b.String()+"  "+oneLine(row[len(row)-1]))
	}
}
