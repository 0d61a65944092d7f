package html

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/loadctl/loadctl/reports/brief"
)

// A board is where the squares of a heat map lie.
type board struct {
	left, top, wide, high float64
}

func (b board) at(column, row int) (x, y float64) {
	return b.left + float64(column)*b.wide, b.top + float64(row)*b.high
}

// drawHeat draws a square for each pair of values, the darker the more, in dark themes the
// brighter, and an outline around those as good as the best.
func drawHeat(m *brief.Heat) Chart {
	columns, rows := max(len(m.Columns), 1), max(len(m.Rows), 1)
	b := board{left: 120, top: 8, high: 58}
	b.wide = min((wideWidth-b.left-20)/float64(columns), 168)
	w, h := b.left+b.wide*float64(columns)+20, b.top+b.high*float64(rows)+46
	var s svg
	frame(&s, m.ID, m.Name, m.Words, w, h)
	for i, name := range m.Rows {
		_, y := b.at(0, i)
		s.text(b.left-10, y+b.high/2+4, "end", "strong", clip(name, 12))
	}
	for i, name := range m.Columns {
		x, _ := b.at(i, 0)
		s.text(x+b.wide/2, h-27, "middle", "strong", clip(name, 14))
	}
	s.text(b.left+b.wide*float64(columns)/2, h-8, "middle", "axis", clip(m.Across, 60)+" →")
	s.text(4, b.top+12, "start", "axis", clip(m.Down, 14)+" ↑")
	for row, squares := range m.Squares {
		for column, q := range squares {
			drawSquare(&s, b, column, row, q)
		}
	}
	if d := outline(m, b); d != "" {
		s.el("path", "d", d, "fill", "none", "stroke", "#D55E00", "stroke-width", "3", "stroke-linecap", "round", "class", "plateau")
	}
	s.close("svg")
	c := chartOf(m.Head, &s)
	c.Legend = squareLegend(m)
	return c
}

func drawSquare(s *svg, b board, column, row int, q brief.Square) {
	x, y := b.at(column, row)
	s.open("g", "class", "point")
	s.title(q.Tip)
	if !q.Known {
		s.el("rect", "x", num(x+1), "y", num(y+1), "width", num(b.wide-2), "height", num(b.high-2), "rx", "4", "fill", "none", "stroke", "#d0d7de", "stroke-dasharray", "3 4", "class", "grid")
		s.close("g")
		return
	}
	level := min(int(q.Level*float64(len(heatColors))), len(heatColors)-1)
	s.el("rect", "x", num(x+1), "y", num(y+1), "width", num(b.wide-2), "height", num(b.high-2), "rx", "4", "fill", heatColors[level], "class", fmt.Sprintf("heat h%d", level))
	ink, class := "#072c52", "on-low"
	if level >= 4 {
		ink, class = "#ffffff", "on-high"
	}
	middle := y + b.high/2 + 5
	if len(q.Marks) > 0 {
		middle -= 8
		onSquare(s, x+b.wide/2, middle+18, ink, class, "11", clip(strings.Join(q.Marks, ", "), int(b.wide/6)))
	}
	onSquare(s, x+b.wide/2, middle, ink, class, "14", q.Text)
	s.close("g")
}

// outline is the border between squares of the plateau and all others.
func outline(m *brief.Heat, b board) string {
	on := func(column, row int) bool {
		return row >= 0 && row < len(m.Squares) && column >= 0 && column < len(m.Squares[row]) && m.Squares[row][column].Plateau
	}
	var d strings.Builder
	for row, squares := range m.Squares {
		for column := range squares {
			if !on(column, row) {
				continue
			}
			x, y := b.at(column, row)
			for _, side := range []struct {
				c, r int
				path string
			}{
				{column, row - 1, fmt.Sprintf("M%s %sh%s", num(x), num(y), num(b.wide))},
				{column, row + 1, fmt.Sprintf("M%s %sh%s", num(x), num(y+b.high), num(b.wide))},
				{column - 1, row, fmt.Sprintf("M%s %sv%s", num(x), num(y), num(b.high))},
				{column + 1, row, fmt.Sprintf("M%s %sv%s", num(x+b.wide), num(y), num(b.high))},
			} {
				if !on(side.c, side.r) {
					d.WriteString(side.path)
				}
			}
		}
	}
	return d.String()
}

func squareLegend(m *brief.Heat) template.HTML {
	var s svg
	s.open("p", "class", "legend heat-legend")
	s.WriteString(html.EscapeString(m.Least) + " ")
	s.open("svg", "width", "160", "height", "12", "viewBox", "0 0 160 12", "aria-hidden", "true", "focusable", "false")
	for i, color := range heatColors {
		s.el("rect", "x", num(float64(i*20)), "y", "0", "width", "20", "height", "12", "fill", color, "class", fmt.Sprintf("heat h%d", i))
	}
	s.close("svg")
	s.WriteString(" " + html.EscapeString(m.Most) + " · ")
	s.open("svg", "width", "22", "height", "12", "viewBox", "0 0 22 12", "aria-hidden", "true", "focusable", "false")
	s.el("rect", "x", "2", "y", "2", "width", "18", "height", "8", "fill", "none", "stroke", "#D55E00", "stroke-width", "2.5", "class", "plateau")
	s.close("svg")
	s.WriteString(" as good as the best")
	s.close("p")
	return template.HTML(s.String())
}

// onSquare writes on a colour, so that it can be read in either theme.
func onSquare(s *svg, x, y float64, ink, class, size, text string) {
	s.open("text", "x", num(x), "y", num(y), "text-anchor", "middle", "class", class, "fill", ink, "font-size", size, "font-weight", "600", "font-family", fonts)
	s.WriteString(html.EscapeString(text))
	s.close("text")
}
