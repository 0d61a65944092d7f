package text

import (
	"strings"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/brief"
)

// narrowest is how narrow a column of words may become.
const narrowest = 12

// grid writes a table in columns; where they do not fit, words are broken, and where that
// does not help, each row is a list of its cells.
func (p *briefWriter) grid(t *brief.Table) {
	if len(t.Rows) == 0 {
		p.line("  nothing")
		return
	}
	widths := naturalWidths(t)
	if !fit(t, widths, p.o.width()-2) {
		p.records(t)
		return
	}
	if names := heads(t); names != nil {
		p.cells(t, widths, brief.Row{Cells: names})
	}
	for _, r := range t.Rows {
		p.cells(t, widths, r)
	}
}

// heads are the names of columns; nil where none has one.
func heads(t *brief.Table) []brief.Cell {
	var names []brief.Cell
	some := false
	for _, c := range t.Columns {
		names, some = append(names, brief.Cell{Text: c.Name}), some || c.Name != ""
	}
	if !some {
		return nil
	}
	return names
}

func naturalWidths(t *brief.Table) []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(c.Name)
		for _, r := range t.Rows {
			if i < len(r.Cells) {
				widths[i] = max(widths[i], utf8.RuneCountInString(cellText(r.Cells[i])))
			}
		}
	}
	return widths
}

func cellText(c brief.Cell) string {
	if c.Tone != brief.Plain {
		return c.Tone.Sign() + " " + oneLine(c.Text)
	}
	return oneLine(c.Text)
}

// fit narrows the widest columns of words until a row is no longer than room.
func fit(t *brief.Table, widths []int, room int) bool {
	for {
		total, widest := 0, -1
		for i, w := range widths {
			total += w + 2
			if !t.Columns[i].Right && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if total <= room {
			return true
		}
		if widest < 0 {
			return false
		}
		widths[widest] = max(narrowest, widths[widest]-(total-room))
	}
}

// cells writes a row, on several lines where words were broken.
func (p *briefWriter) cells(t *brief.Table, widths []int, r brief.Row) {
	broken, most := make([][]string, len(widths)), 1
	for i := range min(len(widths), len(r.Cells)) {
		broken[i] = wrap(cellText(r.Cells[i]), max(widths[i], 1))
		most = max(most, len(broken[i]))
	}
	for n := range most {
		var b strings.Builder
		for i, w := range widths {
			text := ""
			if n < len(broken[i]) {
				text = broken[i][n]
			}
			space := strings.Repeat(" ", max(w-utf8.RuneCountInString(text), 0))
			if i < len(r.Cells) {
				text = p.tinted(r.Cells[i].Tone, text)
			}
			if t.Columns[i].Right {
				b.WriteString("  " + space + text)
			} else {
				b.WriteString("  " + text + space)
			}
		}
		p.line("%s", b.String())
	}
}

// records write each row as the names and texts of its cells.
func (p *briefWriter) records(t *brief.Table) {
	for _, r := range t.Rows {
		for i := range min(len(r.Cells), len(t.Columns)) {
			text := cellText(r.Cells[i])
			if text == "" {
				continue
			}
			if t.Columns[i].Name != "" {
				text = t.Columns[i].Name + ": " + text
			}
			indent := "    "
			if i == 0 {
				indent = "  "
			}
			p.wrapped(indent, text)
		}
	}
}
