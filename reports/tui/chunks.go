package tui

// A chunk is a part of a line that is shown whole or not at all.
type chunk struct {
	texts []text
	drop  int // the highest goes first when the line is too short; 0 stays
}

// words makes a chunk of alternating label and value: faint, bold, faint, …
func words(drop int, pieces ...string) chunk {
	c := chunk{drop: drop}
	for i, p := range pieces {
		st := faint
		if i%2 == 1 {
			st = plain
		}
		c.texts = append(c.texts, text{st, p})
	}
	return c
}

func (c chunk) width() (n int) {
	for _, t := range c.texts {
		n += width(t.s)
	}
	return n
}

// fitted leaves out the least important chunks until the rest fits into w cells
// with gap cells between.
func fitted(chunks []chunk, w, gap int) []chunk {
	chunks = append([]chunk(nil), chunks...)
	for len(chunks) > 1 && total(chunks, gap) > w {
		worst := -1
		for i, c := range chunks {
			if c.drop > 0 && (worst < 0 || c.drop >= chunks[worst].drop) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		chunks = append(chunks[:worst], chunks[worst+1:]...)
	}
	return chunks
}

func total(chunks []chunk, gap int) (n int) {
	for i, c := range chunks {
		if i > 0 {
			n += gap
		}
		n += c.width()
	}
	return n
}

// row writes the chunks that fit on line y, and returns the cell after them.
func (a area) row(x, y, gap int, chunks []chunk) int {
	for i, c := range fitted(chunks, a.w-x, gap) {
		if i > 0 {
			x += gap
		}
		for _, t := range c.texts {
			x = a.text(x, y, t.style, t.s)
		}
	}
	return x
}
