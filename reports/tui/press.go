package tui

import (
	"regexp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// press does what a key stands for. While a question is asked or the filter is
// written, keys mean something else, but ctrl-c always means ctrl-c.
func (m *model) press(msg tea.KeyPressMsg) {
	m.stale = true
	name := msg.String()
	switch {
	case name == "ctrl+c":
		m.interrupt()
	case m.asking:
		m.answer(name)
	case m.editing:
		m.edit(msg)
	default:
		m.command(name)
	}
}

func (m *model) command(name string) {
	if m.over() && (name == "q" || name == "Q") {
		m.leave = true
		return
	}
	for _, k := range keys() {
		if !slices.Contains(strings.Fields(k.press), name) || k.when != nil && !k.when(m) {
			continue
		}
		switch {
		case k.do != nil:
			k.do(m)
		case name == "tab":
			m.moveFocus(1)
		case name == "shift+tab":
			m.moveFocus(-1)
		default:
			m.zoomOn(panel(name[0] - '0'))
		}
		return
	}
}

// answer to the question whether to stop.
func (m *model) answer(name string) {
	switch name {
	case "y", "q", "enter":
		m.stop()
	case "Q":
		m.stopNow()
	case "n", "esc":
		m.asking = false
	}
}

// zoomOn shows one panel alone; asked for the one that is shown, all again.
func (m *model) zoomOn(p panel) {
	m.help, m.offset = false, 0
	if m.zoom == p {
		m.zoom = none
		return
	}
	m.zoom, m.focus = p, p
}

func (m *model) zoomFocus() {
	if m.zoom == none {
		m.zoomOn(m.focus)
	}
}

// back closes the topmost of what lies above the panels.
func (m *model) back() {
	switch {
	case m.help:
		m.toggleHelp()
	case m.zoom != none:
		m.zoom, m.offset = none, 0
	case m.filter != "":
		m.setFilter("")
	}
}

// moveFocus goes to the next panel of those on the screen, or, zoomed, zooms it.
func (m *model) moveFocus(by int) {
	shown := m.shown()
	if len(shown) == 0 {
		return
	}
	at := slices.Index(shown, m.focus)
	m.focus = shown[(at+by+len(shown))%len(shown)]
	m.offset = 0
	if m.zoom != none {
		m.zoom = m.focus
	}
}

// shown are the panels on the screen in the order of their numbers.
func (m *model) shown() (panels []panel) {
	if m.zoom != none {
		for p := panelRate; p <= lastNumbered; p++ {
			panels = append(panels, p)
		}
		return panels
	}
	for _, p := range m.plan().places {
		panels = append(panels, p.panel)
	}
	slices.Sort(panels)
	return panels
}

func (m *model) scroll(by int) { m.offset = max(0, min(m.offset+by, m.longest()-m.room())) }

func (m *model) toggleHelp() { m.help, m.offset = !m.help, 0 }

func (m *model) sortBy(by int) {
	columns := requestColumns()
	for {
		m.column = (m.column + by + len(columns)) % len(columns)
		if columns[m.column].compare != nil {
			break
		}
	}
	m.down = m.column != 0
}

func (m *model) nextWindow() {
	m.window = (m.window + 1) % len(windows())
	m.refresh()
}

// freeze keeps the picture; let go, it shows the present again.
func (m *model) freeze() {
	m.frozen = !m.frozen
	m.refresh()
}

func (m *model) editFilter() { m.editing, m.typed = true, m.filter }

// edit is a key in the filter box. The filter works while it is typed.
func (m *model) edit(msg tea.KeyPressMsg) {
	switch msg.String() {
	case "enter":
		m.editing = false
	case "esc":
		m.editing = false
		m.setFilter("")
	case "backspace":
		if r := []rune(m.typed); len(r) > 0 {
			m.typed = string(r[:len(r)-1])
		}
		m.setFilter(m.typed)
	case "ctrl+u":
		m.typed = ""
		m.setFilter("")
	default:
		m.paste(msg.Text)
	}
}

func (m *model) paste(s string) {
	const longest = 200
	if !m.editing || s == "" || len(m.typed)+len(s) > longest {
		return
	}
	m.stale = true
	m.typed += strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, s)
	m.setFilter(m.typed)
}

// setFilter keeps the last pattern that could be read; a name matches one that
// is not a regular expression when it contains it.
func (m *model) setFilter(f string) {
	m.filter, m.offset = f, 0
	pattern, invert := strings.CutPrefix(f, "!")
	m.invert, m.match = invert, nil
	if pattern == "" {
		return
	}
	re, err := regexp.Compile("(?i)" + pattern)
	if err != nil {
		re = regexp.MustCompile("(?i)" + regexp.QuoteMeta(pattern))
	}
	m.match = re
}

// matches says whether the filter lets a name through.
func (m *model) matches(name string) bool {
	return m.match == nil || m.match.MatchString(name) != m.invert
}
