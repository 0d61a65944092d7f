package tui

// drawHelp lists the keys that do something now and what the words mean. It is
// scrolled like any list.
func (m *model) drawHelp(a area) {
	lines := m.helpLines(a.w - 2)
	lines = lines[max(0, min(m.offset, len(lines)-1)):]
	f := frame{title: "help", detail: "charts in " + m.sym.String(), focus: true}
	if len(lines) > a.h-2 {
		f.to = "↓ more"
	} else if m.offset > 0 {
		f.to = "↑ more"
	}
	in := f.draw(a)
	for y, line := range lines {
		in.right(13, y, chosen, line.term)
		in.text(15, y, plain, line.means)
	}
}

// A helpLine is a key or a word and what it does or means; a meaning that needs
// more lines goes on under no term.
type helpLine struct{ term, means string }

func (m *model) helpLines(w int) (lines []helpLine) {
	add := func(term, means string) {
		for _, part := range wrap(means, w-16) {
			lines = append(lines, helpLine{term, part})
			term = ""
		}
	}
	for _, k := range keys() {
		if k.what != "" && (k.when == nil || k.when(m)) {
			add(k.show, k.what)
		}
	}
	lines = append(lines, helpLine{})
	for _, word := range glossary() {
		add(word.term, word.means)
	}
	return lines
}

// glossary explains what stands on the screen.
func glossary() []helpLine {
	return []helpLine{
		{"response time", "from the intended start to the end: how long the user waited"},
		{"service time", "from the first byte sent to the end; hides the waiting before it"},
		{"pacer lag", "how late the generator itself was; it is not the target's fault"},
		{"offered", "requests that became due; achieved: whole answers"},
		{"∞", "failed requests reach into this percentile: they count as infinitely slow, and in the chart reach the top edge"},
		{"~148.3", "too few requests for this percentile: it is the largest value in disguise"},
		{"✓ VALID", "nothing says that the generator limited what was measured"},
	}
}
