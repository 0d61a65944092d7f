package tui

import (
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
)

// A cell is one character position. A rune two cells wide is followed by a cell
// whose rune is 0, so a row of the grid is always exactly as wide as it says.
type cell struct {
	r rune
	s style
}

// A screen is a grid of cells that every panel draws into. What does not fit is
// cut at the edge of the area it was drawn in, so no line can ever be longer
// than the terminal is wide, whatever a target, a file or a number throws at it.
type screen struct {
	w, h  int
	cells []cell
	ascii bool // draw nothing but ASCII
}

func newScreen(w, h int) *screen {
	s := &screen{w: max(w, 0), h: max(h, 0)}
	s.cells = make([]cell, s.w*s.h)
	s.clear()
	return s
}

func (s *screen) clear() {
	for i := range s.cells {
		s.cells[i] = cell{r: ' '}
	}
}

// area is the whole screen.
func (s *screen) area() area { return area{s: s, w: s.w, h: s.h} }

// An area is a rectangle of a screen with its own origin. Drawing outside it
// does nothing.
type area struct {
	s          *screen
	x, y, w, h int
}

// sub is a rectangle of a, cut to a.
func (a area) sub(x, y, w, h int) area {
	x, y = max(x, 0), max(y, 0)
	return area{a.s, a.x + x, a.y + y, max(min(w, a.w-x), 0), max(min(h, a.h-y), 0)}
}

// inset is a without its outermost cells.
func (a area) inset() area { return a.sub(1, 1, a.w-2, a.h-2) }

// set puts one rune of one cell at x, y.
func (a area) set(x, y int, r rune, st style) {
	if x < 0 || y < 0 || x >= a.w || y >= a.h {
		return
	}
	a.s.cells[(a.y+y)*a.s.w+a.x+x] = cell{r, st}
}

// fill repeats a rune over n cells.
func (a area) fill(x, y, n int, r rune, st style) {
	for i := range n {
		a.set(x+i, y, r, st)
	}
}

// text writes t at x, y and returns the cell after it. Text longer than the
// area is cut and ends in "…", so that a reader knows.
func (a area) text(x, y int, st style, t string) int {
	if y < 0 || y >= a.h || x >= a.w {
		return x
	}
	t = cut(t, a.w-x)
	for _, r := range t {
		r, n := printable(r)
		a.set(x, y, r, st)
		if n == 2 {
			a.set(x+1, y, 0, st)
		}
		x += n
	}
	return x
}

// right writes t so that it ends before cell x.
func (a area) right(x, y int, st style, t string) int {
	at := max(x-width(t), 0)
	a.text(at, y, st, t)
	return at
}

// plain is the screen without any style, lines trimmed: what goldens hold.
func (s *screen) plain() string { return s.encode(false) }

// ansi is the screen with its styles as SGR sequences.
func (s *screen) ansi() string { return s.encode(true) }

func (s *screen) encode(styled bool) string {
	var b strings.Builder
	b.Grow(len(s.cells) * 4)
	for y := range s.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		s.encodeRow(&b, s.cells[y*s.w:(y+1)*s.w], styled)
	}
	return b.String()
}

func (s *screen) encodeRow(b *strings.Builder, row []cell, styled bool) {
	for len(row) > 0 && row[len(row)-1].r == ' ' && !row[len(row)-1].s.visible() {
		row = row[:len(row)-1]
	}
	now := plain
	for _, c := range row {
		if styled && c.s != now {
			b.WriteString(c.s.sgr())
			now = c.s
		}
		switch {
		case s.ascii && c.r == 0:
			b.WriteByte('?')
		case c.r == 0:
		case s.ascii:
			b.WriteRune(plainRune(c.r))
		default:
			b.WriteRune(c.r)
		}
	}
	if now != plain {
		b.WriteString(plain.sgr())
	}
}

// width is how many cells text takes on a screen.
func width(t string) (n int) {
	for _, r := range t {
		_, w := printable(r)
		n += w
	}
	return n
}

// printable is what is drawn for a rune and how many cells it takes. Names come
// from files and targets: a control character must not move the cursor.
func printable(r rune) (rune, int) {
	switch {
	case r < ' ' || r == 0x7f:
		return '·', 1
	case r < 0x7f:
		return r, 1
	case r < 0xa0 || r == utf8.RuneError || r == 0xad:
		return '·', 1
	case r >= 0x2000 && r < 0x2c00 && lone(r):
		return r, 1
	}
	switch lipgloss.Width(string(r)) {
	case 1:
		return r, 1
	case 2:
		return r, 2
	}
	return '·', 1
}

// lone says whether a rune of the symbol blocks is one of those drawn here:
// thin space, arrows, box drawing, blocks, marks and braille, all one cell wide.
func lone(r rune) bool {
	switch {
	case r == thinSpace, r == '…', r == '–', r == '—', r == '‹', r == '›':
		return true
	case r >= 0x2190 && r < 0x2200, r >= 0x2500 && r < 0x25a0, r >= 0x2800 && r < 0x2900:
		return true
	}
	return false
}

// cut shortens t to n cells, the last of them "…"; what fits stays whole.
func cut(t string, n int) string {
	if n <= 0 {
		return ""
	}
	if width(t) <= n {
		return t
	}
	used := 0
	for i, r := range t {
		_, w := printable(r)
		if used+w > n-1 {
			return t[:i] + "…"
		}
		used += w
	}
	return t
}
