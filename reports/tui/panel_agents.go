package tui

import (
	"fmt"
	"strconv"

	"github.com/loadctl/loadctl/reports/view"
)

func agentColumns() []column {
	return []column{
		{title: "agent", left: true},
		{title: "state", width: 6, left: true},
		{title: "cpu%", width: 4},
		{title: "conns", width: 6},
		{title: "req/s", width: 6, drop: 2},
		{title: "lag p99", width: 7, drop: 1},
		{title: "resp p99", width: 8, drop: 5},
		{title: "err%", width: 6, drop: 4},
		{title: "memory", width: 8, drop: 3},
		{title: "held", width: 7, drop: 6},
		{title: "host", width: 12, drop: 7, left: true},
	}
}

// drawAgents lists the agents, the one in most trouble first.
func (m *model) drawAgents(a area) {
	detail := fmt.Sprintf("%d ok · worst first", m.pic.AgentsOK)
	f := m.frame(panelAgents, "agents", detail)
	t := table{columns: agentColumns(), sorted: -1, skip: m.skip(panelAgents), least: 8}
	for i := range m.pic.Agents {
		t.rows = append(t.rows, m.agentRow(&m.pic.Agents[i]))
	}
	f.to = t.place(a.h - 2)
	t.draw(f.draw(a))
}

func (m *model) agentRow(g *view.LiveAgent) []value {
	lag := value{span(g.PacerLag), plain}
	if m.pic.PacerLagLimit > 0 && g.PacerLag > m.pic.PacerLagLimit {
		lag = value{"!" + lag.s, warn}
	}
	return []value{
		{g.Name, plain}, agentState(g.State),
		{strconv.Itoa(int(g.CPU*100 + 0.5)), plain},
		{count(g.Connections), plain}, {rate(g.PerSecond), plain}, lag,
		{span(g.Response), plain}, {percent(g.ErrorRate), plain}, {view.Bytes(float64(g.RSS)), plain},
		{count(g.Held), plain}, {g.Host, faint},
	}
}

func agentState(s string) value {
	switch s {
	case "ok":
		return value{"✓ ok", good}
	case "late":
		return value{"! late", warnBold}
	case "lost":
		return value{"✗ lost", badBold}
	}
	return value{s, plain}
}

// skip is how far a list is scrolled: only the zoomed one is.
func (m *model) skip(p panel) int {
	if m.zoom == p {
		return m.offset
	}
	return 0
}
