package tui

// longest is how many lines the list that is scrolled has: the help, the zoomed
// panel, or the requests.
func (m *model) longest() int {
	if m.help {
		return len(m.helpLines(m.w - 2))
	}
	switch m.listed() {
	case panelAgents:
		return len(m.pic.Agents)
	case panelErrors:
		return len(m.errorLines())
	case panelThresholds:
		return len(m.pic.Thresholds)
	case panelRequests:
		return len(m.rows())
	}
	return 0
}

// room is how many lines of it are seen at once.
func (m *model) room() int {
	const border = 2
	if m.help {
		return m.h - 1 - border
	}
	for _, p := range m.plan().places {
		if p.panel == m.listed() {
			return max(p.h-border-headings(p.panel), 1)
		}
	}
	return 1
}

// headings is how many lines of a list are not its rows.
func headings(p panel) int {
	switch p {
	case panelRequests:
		return 2 // the heading and the total
	case panelAgents:
		return 1
	}
	return 0
}

func (m *model) listed() panel {
	if m.zoom == none {
		return panelRequests
	}
	return m.zoom
}
