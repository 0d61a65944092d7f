package tui

import "fmt"

// A column of a table. Columns with a higher drop go first when the table is
// too narrow; 0 stays.
type column struct {
	title string
	width int // of the numbers; a column of width 0 takes what is left
	drop  int
	left  bool // aligned left
}

// A value is one field of a row.
type value struct {
	s     string
	style style
}

// A table is drawn with the columns that fit.
type table struct {
	columns []column
	rows    [][]value
	sorted  int // index of the column the rows are sorted by, -1 for none
	down    bool
	skip    int  // rows scrolled away
	pinned  bool // the last row is a total that stays in sight
	least   int  // cells the elastic column is not squeezed below
}

// draw shows the heading, as many rows as there is room for, and the total.
func (t table) draw(a area) {
	shown, left := t.fit(a.w)
	t.heading(a, shown, left)
	rows, total := t.split()
	y := 1
	for _, row := range append(rows[:t.visible(a.h):t.visible(a.h)], total...) {
		t.row(a, y, row, shown, left)
		y++
	}
}

// visible is how many rows, the total apart, are seen in h lines.
func (t table) visible(h int) int {
	rows, total := t.split()
	return min(max(h-1-len(total), 0), len(rows))
}

// place says which rows are seen in h lines when not all of them are.
func (t table) place(h int) string {
	all := len(t.rows)
	rows, total := t.split()
	all -= len(total)
	n := t.visible(h)
	if n == all {
		return ""
	}
	from := all - len(rows)
	return fmt.Sprintf("%d–%d of %d", min(from+1, all), from+n, all)
}

// split takes the total off the rows and the scrolled rows away.
func (t table) split() (rows, total [][]value) {
	rows = t.rows
	if n := len(rows); t.pinned && n > 0 {
		rows, total = rows[:n-1], rows[n-1:]
	}
	return rows[min(max(t.skip, 0), len(rows)):], total
}

func (t table) row(a area, y int, row []value, shown []int, left int) {
	x := 1
	for _, i := range shown {
		x = t.field(a, x, y, t.widthOf(i, left), t.columns[i], row[i])
	}
}

// fit chooses the columns and says how wide the elastic one is.
func (t table) fit(w int) (shown []int, left int) {
	for i := range t.columns {
		shown = append(shown, i)
	}
	for {
		used := 1
		for _, i := range shown {
			used += t.columns[i].width + 1
		}
		worst := t.worst(shown)
		if used+t.least <= w || worst < 0 {
			return shown, max(w-used, 1)
		}
		shown = append(shown[:worst], shown[worst+1:]...)
	}
}

func (t table) worst(shown []int) int {
	worst := -1
	for at, i := range shown {
		if d := t.columns[i].drop; d > 0 && (worst < 0 || d >= t.columns[shown[worst]].drop) {
			worst = at
		}
	}
	return worst
}

func (t table) widthOf(i, left int) int {
	if t.columns[i].width == 0 {
		return left
	}
	return t.columns[i].width
}

func (t table) heading(a area, shown []int, left int) {
	x := 1
	for _, i := range shown {
		c, st := t.columns[i], faint
		if i == t.sorted {
			st = bold
			if t.down {
				c.title = "▼" + c.title
			} else {
				c.title = "▲" + c.title
			}
		}
		x = t.field(a, x, 0, t.widthOf(i, left), c, value{c.title, st})
	}
}

func (t table) field(a area, x, y, w int, c column, v value) int {
	s := cut(v.s, w)
	if c.left {
		a.text(x, y, v.style, s)
	} else {
		a.right(x+w, y, v.style, s)
	}
	return x + w + 1
}
