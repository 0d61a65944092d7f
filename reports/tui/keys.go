package tui

// A key is one thing a person can press, what it does, and when it is offered.
// The bottom line and the help are made of this list alone, so that no key is
// shown that does nothing and none works that is not shown.
type key struct {
	press string // as bubbletea names it; several separated by spaces
	show  string // as it is shown
	short string // for the bottom line, "" to stay out of it
	what  string // for the help
	drop  int    // the highest leaves the bottom line first
	when  func(*model) bool
	do    func(*model)
}

// keys are all keys of the dashboard itself; the filter box and the question
// before a stop have their own.
func keys() []key {
	return []key{
		{"q", "q", "stop", "stop: issue nothing more, drain, write the report", 0, (*model).stoppable, (*model).askStop},
		{"Q", "Q", "stop now", "stop at once; what was collected is still written", 6, (*model).live, (*model).stopNow},
		{"ctrl+c", "ctrl-c", "", "once: stop like q, unasked; twice: stop at once", 0, (*model).live, (*model).interrupt},
		{"p", "p", "pause", "pause: start nothing new; again: go on", 1, (*model).pausable, (*model).pause},
		{"f", "f", "freeze", "freeze the picture; the run goes on", 2, (*model).freezable, (*model).freeze},
		{"1 2 3 4 5 6 7 8", "1-8", "panel", "zoom a panel; the same key or esc goes back", 4, (*model).started, nil},
		{"tab shift+tab", "tab, enter", "", "go to the next panel; zoom it", 0, (*model).started, nil},
		{"enter", "", "", "", 0, (*model).started, (*model).zoomFocus},
		{"esc", "esc", "", "back to all panels", 0, nil, (*model).back},
		{"up k", "↑ ↓", "", "scroll a list", 0, nil, func(m *model) { m.scroll(-1) }},
		{"down j", "", "", "", 0, nil, func(m *model) { m.scroll(1) }},
		{"pgup", "", "", "", 0, nil, func(m *model) { m.scroll(-10) }},
		{"pgdown", "", "", "", 0, nil, func(m *model) { m.scroll(10) }},
		{"e", "e", "errors", "errors by kind, with examples", 2, (*model).started, func(m *model) { m.zoomOn(panelErrors) }},
		{"a", "a", "agents", "agents and what they use", 3, (*model).started, func(m *model) { m.zoomOn(panelAgents) }},
		{"/", "/", "filter", "filter requests by a regular expression; ! inverts", 3, (*model).started, (*model).editFilter},
		{"s", "s", "sort", "sort requests by the next column; S turns the order", 3, (*model).started, func(m *model) { m.sortBy(1) }},
		{"S", "", "", "", 0, (*model).started, func(m *model) { m.down = !m.down }},
		{"w", "w", "window", "requests of the last 1 s, 10 s, 60 s, of the whole run", 5, (*model).moving, (*model).nextWindow},
		{"c", "c", "", "response time or service time", 0, (*model).started, func(m *model) { m.service = !m.service }},
		{"g", "g", "", "charts in braille, blocks or ASCII", 0, nil, func(m *model) { m.sym = (m.sym + 1) % symbolSets }},
		{"?", "?", "help", "this help", 0, nil, (*model).toggleHelp},
	}
}
