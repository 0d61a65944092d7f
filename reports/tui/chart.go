package tui

import (
	"math"
	"slices"
	"time"
)

// A point spans the values seen in one second; ok is false where nothing was measured,
// and there the chart has a gap.
type point struct {
	lo, hi float64
	ok     bool
}

// A curve is a series drawn in a chart, one point a second.
type curve struct {
	name   string
	style  style
	dotted bool
	points []point // points[i] is second i of the run
}

// A chart draws curves over time. What happened in all the seconds of one dot
// column is drawn from its lowest to its highest value, so that a spike of one
// second is seen however long the run is; nothing is averaged.
type chart struct {
	curves   []curve
	from, to int // seconds shown: [from, to)
	scale    scale
	label    func(float64) string
	limits   []limit // drawn as a dashed line across
	marks    []int   // seconds at which a phase began
	sym      symbols
}

// A limit is a value the curves are seen against.
type limit struct {
	at    float64
	style style
}

// axisWidth is the room for labels left of the plot, its line included.
const axisWidth = 7

// draw fills the area with axis and curves.
func (c *chart) draw(a area) {
	plot := a.sub(axisWidth, 0, a.w-axisWidth, a.h)
	c.axis(a)
	if plot.w <= 0 || plot.h <= 0 || c.to <= c.from {
		return
	}
	if !c.measured() {
		const nothing = "nothing measured yet"
		plot.text(max((plot.w-len(nothing))/2, 0), plot.h/2, faint, nothing)
		return
	}
	c.guides(plot)
	r := newRaster(c.sym, plot.w, plot.h)
	for _, cv := range c.curves {
		c.plot(r, cv)
	}
	r.draw(plot)
}

func (c *chart) measured() bool {
	for _, cv := range c.curves {
		for _, p := range cv.points {
			if p.ok {
				return true
			}
		}
	}
	return false
}

// axis labels as many rows as there are ticks that do not share one.
func (c *chart) axis(a area) {
	taken := make([]bool, a.h)
	for y := range a.h {
		a.set(axisWidth-1, y, '│', faint)
	}
	for _, l := range c.limits {
		c.tick(a, l.at, l.style, taken)
	}
	// Half a row off would be a lie in a chart of four rows, and is nothing in one of ten.
	off := 0.26
	if a.h >= 8 {
		off = 0.5
	}
	for _, v := range c.scale.ticks() {
		if exact := c.scale.at(v) * float64(a.h-1); math.Abs(exact-math.Round(exact)) <= off {
			c.tick(a, v, faint, taken)
		}
	}
}

// tick labels the row of v unless it has a label.
func (c *chart) tick(a area, v float64, st style, taken []bool) {
	y := c.row(v, a.h)
	if y < 0 || y >= a.h || taken[y] || v < c.scale.lo || v > c.scale.hi {
		return
	}
	taken[y] = true
	a.right(axisWidth-1, y, st, c.label(v))
	a.set(axisWidth-1, y, '┤', st)
}

// row is the row of cells that holds v.
func (c *chart) row(v float64, rows int) int {
	return rows - 1 - int(math.Round(c.scale.at(v)*float64(rows-1)))
}

// guides draws limits and phase marks under the curves.
func (c *chart) guides(a area) {
	for _, m := range c.marks {
		if m <= c.from || m >= c.to {
			continue
		}
		x := (m - c.from) * a.w / (c.to - c.from)
		for y := range a.h {
			a.set(x, y, '┊', faint)
		}
	}
	for _, l := range c.limits {
		if l.at >= c.scale.lo && l.at <= c.scale.hi {
			a.fill(0, c.row(l.at, a.h), a.w, '╌', l.style)
		}
	}
}

// plot draws one curve. Neighbouring columns are joined, gaps are not.
func (c *chart) plot(r *raster, cv curve) {
	joined, last := false, [2]int{}
	for x := range r.w {
		p := c.column(cv, x, r.w)
		if !p.ok {
			joined = false
			continue
		}
		y0, y1 := c.dot(p.hi, r.h), c.dot(p.lo, r.h)
		top, bottom := y0, y1
		if joined && !cv.dotted {
			top, bottom = min(y0, last[1]), max(y1, last[0])
		}
		if !cv.dotted || x%3 != 2 {
			r.column(x, top, bottom, cv.styleOf(p))
		}
		joined, last = true, [2]int{y0, y1}
	}
}

// styleOf a column: what is off the scale because it is infinite is bad.
func (cv curve) styleOf(p point) style {
	if math.IsInf(p.hi, 1) {
		return bad
	}
	return cv.style
}

func (c *chart) dot(v float64, h int) int {
	return h - 1 - int(math.Round(c.scale.at(v)*float64(h-1)))
}

// column spans the seconds that fall into dot column x of w.
func (c *chart) column(cv curve, x, w int) (p point) {
	n := c.to - c.from
	lo, hi := c.from+x*n/w, c.from+((x+1)*n+w-1)/w
	if w >= n {
		// More columns than seconds: each second fills several.
		hi = lo + 1
	}
	for i := max(lo, 0); i < min(hi, len(cv.points)); i++ {
		p.add(cv.points[i])
	}
	return p
}

func (p *point) add(o point) {
	switch {
	case !o.ok:
	case !p.ok:
		*p = o
	default:
		p.lo, p.hi = min(p.lo, o.lo), max(p.hi, o.hi)
	}
}

// extremes are the lowest and the highest value of the seconds shown.
func extremes(curves []curve, from, to int) (least, most float64) {
	least = math.Inf(1)
	for _, cv := range curves {
		for _, p := range cv.points[min(max(from, 0), len(cv.points)):min(max(to, 0), len(cv.points))] {
			if p.ok && !math.IsInf(p.hi, 1) {
				least, most = min(least, p.lo), max(most, p.hi)
			}
		}
	}
	return least, most
}

// stretch chooses the seconds a chart shows: the whole of a short run from its
// first second on, the newest five minutes of a long one.
func stretch(elapsed int, planned time.Duration, all bool) (from, to int) {
	const newest = 300
	full := max(elapsed, int((planned+time.Second-1)/time.Second), 10)
	if all || full <= newest {
		return 0, full
	}
	return max(0, elapsed-newest), max(elapsed, newest)
}

// spark is a line of characters, the highest of each column: ▁▂▃▅█.
func spark(points []point, sc scale, w int) []rune {
	steps := []rune("▁▂▃▄▅▆▇█")
	out := slices.Repeat([]rune{' '}, max(w, 0))
	points = points[max(0, len(points)-w):]
	for i, p := range points {
		if p.ok {
			out[w-len(points)+i] = steps[int(sc.at(p.hi)*float64(len(steps)-1)+0.5)]
		}
	}
	return out
}
