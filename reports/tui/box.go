package tui

import "strconv"

// A frame is the border of a panel: its number and name at the top left, what it
// shows at the top right, and a note at the bottom.
type frame struct {
	key           int // the key that zooms it, 0 for none
	title, detail string
	foot          []chunk // at the bottom, such as a legend, the most important first
	from, to      string  // bottom corners: the ends of a time axis
	focus         bool
}

// A text is a piece of a line in one style.
type text struct {
	style style
	s     string
}

// draw borders the area and returns what is left inside.
func (f frame) draw(a area) area {
	line := faint
	if f.focus {
		line = accent
	}
	outline(a, line)
	x := 2
	name := bold
	if f.focus {
		name = chosen
	}
	top := a.sub(0, 0, a.w-1, 1)
	if f.key > 0 {
		x = top.text(x, 0, line, "[")
		x = top.text(x, 0, name, strconv.Itoa(f.key))
		x = top.text(x, 0, line, "]")
	}
	x = top.text(x, 0, name, pad(f.title))
	if w := width(pad(f.detail)); f.detail != "" && x+w+1 <= a.w-2 {
		top.text(a.w-2-w, 0, faint, pad(f.detail))
	}
	f.bottom(a.sub(0, a.h-1, a.w-1, 1))
	return a.inset()
}

// bottom writes the ends of the time axis and the foot between them.
func (f frame) bottom(a area) {
	x := 2
	if f.from != "" {
		x = a.text(x, 0, faint, pad(f.from))
	}
	end := a.w - 1
	if f.to != "" && x+width(f.to)+4 < end {
		end = a.right(end, 0, faint, pad(f.to))
	}
	foot := f.foot
	for len(foot) > 0 && x+total(foot, 1)+2 > end {
		foot = foot[:len(foot)-1]
	}
	if len(foot) > 0 {
		a.fill(x, 0, total(foot, 1)+2, ' ', plain)
		a.row(x+1, 0, 1, foot)
	}
}

func outline(a area, st style) {
	a.fill(1, 0, a.w-2, '─', st)
	a.fill(1, a.h-1, a.w-2, '─', st)
	for y := 1; y < a.h-1; y++ {
		a.set(0, y, '│', st)
		a.set(a.w-1, y, '│', st)
	}
	a.set(0, 0, '╭', st)
	a.set(a.w-1, 0, '╮', st)
	a.set(0, a.h-1, '╰', st)
	a.set(a.w-1, a.h-1, '╯', st)
}

func pad(s string) string {
	if s == "" {
		return ""
	}
	return " " + s + " "
}
