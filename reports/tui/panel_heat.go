package tui

import (
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/reports/view"
)

// drawHeat shows where the response times lay in each stretch of time: the
// darker, the more requests, on a logarithmic scale of both.
func (m *model) drawHeat(a area) {
	from, to := stretch(len(m.pic.Points), m.pic.Planned, m.zoom != none)
	f := m.frame(panelHeat, "response time heatmap", "log")
	f.from, f.to = view.Clock(time.Duration(from)*time.Second), view.Clock(time.Duration(to)*time.Second)
	f.foot = []chunk{{texts: []text{{first, "·░▒▓█"}, {faint, " more requests"}}}}
	in := f.draw(a)
	heat := &m.pic.Heat
	rows := len(heat.Edges) - 1
	plot := in.sub(axisWidth, 0, in.w-axisWidth, in.h)
	for y := range in.h {
		in.set(axisWidth-1, y, '│', faint)
	}
	if rows <= 0 || plot.w <= 0 || plot.h <= 0 {
		return
	}
	g := evenly(rows, plot.h)
	m.heatAxis(in, heat, g)
	shade(plot, binned(heat, from, to, plot.w, g), g)
}

// A grain is how rows of the grid become lines of the screen, the same number
// for each line: uneven ones would draw stripes that are not in the data.
type grain struct {
	rows  int // of the grid
	join  int // rows in one line
	thick int // lines that show the same rows
}

func evenly(rows, h int) grain {
	if rows <= h {
		return grain{rows, 1, h / rows}
	}
	return grain{rows, (rows + h - 1) / h, 1}
}

// bands is how many different lines there are.
func (g grain) bands() int { return (g.rows + g.join - 1) / g.join }

// heatAxis labels the lower edges of every other line.
func (m *model) heatAxis(a area, heat *view.Heat, g grain) {
	for b, last := 0, -2; b < g.bands(); b++ {
		y := b * g.thick
		if y-last < 2 {
			continue
		}
		last = y
		a.right(axisWidth-1, a.h-1-y, faint, seconds(coarse(heat.Edges[b*g.join])))
		a.set(axisWidth-1, a.h-1-y, '┤', faint)
	}
}

// coarse is v to two digits: more would only look exact.
func coarse(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	step := decade(v) / 10
	return math.Round(v/step) * step
}

// binned adds the requests of the grid up into columns of bands, the fastest first.
func binned(heat *view.Heat, from, to, w int, g grain) [][]uint64 {
	columns := make([][]uint64, w)
	begin := int(heat.Begin / time.Second)
	for x := range w {
		columns[x] = make([]uint64, g.bands())
		lo := from + x*(to-from)/w
		for s := lo; s < max(from+(x+1)*(to-from)/w, lo+1); s++ {
			c := (s - begin) / max(heat.Step, 1)
			if s < begin || c >= len(heat.Cells) {
				continue
			}
			for r, n := range heat.Cells[c][:min(g.rows, len(heat.Cells[c]))] {
				columns[x][r/g.join] += n
			}
		}
	}
	return columns
}

// shade draws the bands, the darker the more requests.
func shade(a area, columns [][]uint64, g grain) {
	var most uint64
	for _, c := range columns {
		most = max(most, slices.Max(c))
	}
	steps := []text{{faint, "·"}, {second, "░"}, {first, "▒"}, {first, "▓"}, {first, "█"}}
	for x, c := range columns {
		for b, n := range c {
			if n == 0 {
				continue
			}
			// The root spreads the low counts out: a few slow requests must be seen.
			step := steps[min(int(math.Pow(float64(n)/float64(most), 0.4)*float64(len(steps))), len(steps)-1)]
			for y := range g.thick {
				a.text(x, a.h-1-b*g.thick-y, step.style, step.s)
			}
		}
	}
}
