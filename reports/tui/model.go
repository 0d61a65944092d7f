package tui

import (
	"regexp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// windows are the stretches of time the requests table can show, in seconds; 0
// is the whole run.
func windows() []int { return []int{1, 10, 60, 0} }

// newest is how many seconds "now" is: what the header and the agents show.
const newest = 10

// A model is everything the picture follows from. Only the goroutine that draws
// touches it.
type model struct {
	run   *stats.Run
	lens  view.Lens
	pic   view.Live // of the newest seconds, or kept from the moment of the freeze
	table view.Live // the same over the chosen window, for the requests
	feed  *feed

	controls  func(Control)
	holdAtEnd bool

	heard  time.Time
	now    time.Time
	frozen bool

	w, h        int
	sym         symbols
	zoom, focus panel
	offset      int // first line of a scrolled list
	window      int // index into windows()
	service     bool
	column      int // the table is sorted by this one
	down        bool
	filter      string
	match       *regexp.Regexp
	invert      bool

	help, asking, editing, leave bool
	typed                        string
	stopping                     stopping

	picture string
	stale   bool // picture does not show what the model holds
}

func newModel(c Config, f *feed) *model {
	return &model{
		run: &stats.Run{}, feed: f, controls: c.Controls, holdAtEnd: c.HoldAtEnd,
		sym: symbolsFor(c.Env), window: 1, column: sortDefault, down: true,
		focus: panelRequests, stale: true,
	}
}

// symbolsFor guesses what the terminal's font can draw: braille almost
// everywhere, blocks on the Linux console, ASCII in a locale that has no more.
func symbolsFor(env []string) symbols {
	get := func(name string) string {
		for _, e := range env {
			if v, ok := strings.CutPrefix(e, name+"="); ok {
				return v
			}
		}
		return ""
	}
	locale := get("LC_ALL")
	for _, name := range []string{"LC_CTYPE", "LANG"} {
		if locale == "" {
			locale = get(name)
		}
	}
	utf8 := strings.Contains(strings.ToLower(strings.ReplaceAll(locale, "-", "")), "utf8")
	switch {
	case locale != "" && !utf8:
		return ascii
	case get("TERM") == "linux":
		return blocks
	}
	return braille
}

// heard is what the feed had to say at a moment; nothing, after a second of silence.
type heard struct {
	updates []stats.Update
	at      time.Time
}

func (m *model) Init() tea.Cmd { return m.listen }

// listen waits for the feed, in a goroutine of bubbletea's that ends with it.
func (m *model) listen() tea.Msg {
	if updates, ok := m.feed.next(); ok {
		return heard{updates, time.Now()}
	}
	return nil
}

// Update is the only place where the model changes.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h, m.stale = msg.Width, msg.Height, true
	case tea.KeyPressMsg:
		m.press(msg)
	case tea.PasteMsg:
		m.paste(msg.Content)
	case heard:
		return m, m.hear(msg)
	}
	if m.leave {
		return m, tea.Quit
	}
	return m, nil
}

// silence is how long nothing was heard of a run that should be talking, in
// whole seconds, 0 while that is normal.
func (m *model) silence() int {
	const normal = 3
	if m.heard.IsZero() || m.over() || m.now.Before(m.heard) {
		return 0
	}
	if s := int(m.now.Sub(m.heard) / time.Second); s >= normal {
		return s
	}
	return 0
}

// hear lets the run grow and says what to wait for next.
func (m *model) hear(h heard) tea.Cmd {
	silent := m.silence()
	m.now = h.at
	for _, u := range h.updates {
		m.run.Apply(u)
	}
	if len(h.updates) > 0 {
		m.heard = h.at
		m.refresh()
	}
	m.stale = m.stale || m.silence() != silent
	if m.over() && !m.holdAtEnd {
		return tea.Quit
	}
	return m.listen
}

// refresh computes the numbers of the picture anew.
func (m *model) refresh() {
	m.stale = true
	if !m.frozen && m.started() {
		m.pic = m.lens.Look(m.run, newest)
		m.table = m.pic
		if w := windows()[m.window]; w != newest {
			m.table = m.lens.Look(m.run, w)
		}
	}
}

// View draws. The picture is made again only when something in it changed.
func (m *model) View() tea.View {
	if m.stale {
		m.picture, m.stale = m.draw().ansi(), false
	}
	v := tea.NewView(m.picture)
	v.AltScreen = true
	v.WindowTitle = m.title()
	return v
}
