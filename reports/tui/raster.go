package tui

// symbols are the characters charts are drawn with: braille is missing from
// some fonts, and some terminals have nothing but ASCII.
type symbols uint8

const (
	braille symbols = iota
	blocks
	ascii

	symbolSets = 3
)

func (s symbols) String() string {
	return [symbolSets]string{"braille", "block", "ascii"}[s%symbolSets]
}

// dots is how many dots one cell holds, across and down.
func (s symbols) dots() (dx, dy int) {
	switch s {
	case blocks:
		return 2, 2
	case ascii:
		return 1, 2
	}
	return 2, 4
}

// glyph is the character that shows the given dots, numbered row by row.
func (s symbols) glyph(bits uint8) rune {
	switch s {
	case blocks:
		return [...]rune{' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'}[bits&15]
	case ascii:
		return [...]rune{' ', '\'', '.', '|'}[bits&3]
	}
	// Unicode numbers the dots of braille column by column, the lowest row last.
	order := [8]uint8{0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80}
	r := rune(0x2800)
	for i, b := range order {
		if bits&(1<<i) != 0 {
			r |= rune(b)
		}
	}
	return r
}

// A raster is a picture of dots, each cell in one style.
type raster struct {
	sym        symbols
	cols, rows int // cells
	w, h       int // dots
	bits       []uint8
	styles     []style
}

func newRaster(sym symbols, cols, rows int) *raster {
	cols, rows = max(cols, 0), max(rows, 0)
	dx, dy := sym.dots()
	return &raster{sym: sym, cols: cols, rows: rows, w: cols * dx, h: rows * dy,
		bits: make([]uint8, cols*rows), styles: make([]style, cols*rows)}
}

// set lights the dot x, y, counted from the top left. The last style wins a cell.
func (r *raster) set(x, y int, st style) {
	if x < 0 || y < 0 || x >= r.w || y >= r.h {
		return
	}
	dx, dy := r.sym.dots()
	i := y/dy*r.cols + x/dx
	r.bits[i] |= 1 << (y%dy*dx + x%dx)
	r.styles[i] = st
}

// column lights the dots of x from y0 down to y1.
func (r *raster) column(x, y0, y1 int, st style) {
	for y := max(y0, 0); y <= min(y1, r.h-1); y++ {
		r.set(x, y, st)
	}
}

// draw puts the lit cells on a.
func (r *raster) draw(a area) {
	for y := range r.rows {
		for x := range r.cols {
			if i := y*r.cols + x; r.bits[i] != 0 {
				a.set(x, y, r.sym.glyph(r.bits[i]), r.styles[i])
			}
		}
	}
}
