package html

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
)

// heatColors run from few requests to many: one hue, dark enough to print. They
// are drawn over the page, so the lightest is nearly nothing in either theme.
var heatColors = [...]string{"#deebf7", "#bdd7ee", "#8fbfe0", "#5fa2d0", "#3484bd", "#1565a5", "#0b477d", "#072c52"}

// heatmap is response time over time, the darker the more requests.
func (p *painter) heatmap() Chart {
	const w, h = wideWidth, 320.0
	g := p.v.Heat
	c := Chart{ID: "heatmap", Name: "Response times over time", Wide: true,
		About: "Each column is a stretch of the run, each cell the successful requests of one range of response times; darker is more, on a log scale."}
	if len(g.Cells) == 0 || len(g.Edges) < 2 {
		return c
	}
	var s svg
	x := p.timeScale(w)
	y, ticks := decades(g.Edges[0], g.Edges[len(g.Edges)-1], h-bottom, top)
	y.lo, y.hi = g.Edges[0], g.Edges[len(g.Edges)-1]
	frame(&s, c.ID, c.Name, c.About, w, h)
	p.shades(&s, x, h)
	for level, d := range p.heatPaths(x, y) {
		if d != "" {
			s.el("path", "d", d, "fill", heatColors[level], "class", fmt.Sprintf("heat h%d", level))
		}
	}
	for _, t := range ticks {
		if t.v >= y.lo && t.v <= y.hi {
			s.el("path", "d", fmt.Sprintf("M%s %sh-4", num(left), num(y.at(t.v))), "stroke", "#8c959f", "class", "tick")
			s.text(left-7, y.at(t.v)+4, "end", "axis", t.label)
		}
	}
	inside := slices.DeleteFunc(p.timeLimits(), func(l limit) bool { return l.v <= y.lo || l.v >= y.hi })
	drawLimits(&s, inside, x, y)
	p.timeAxis(&s, x, h)
	s.close("svg")
	c.SVG = template.HTML(s.String())
	c.Legend = heatLegend(g.Max)
	return c
}

// heatPaths gathers the cells of each colour in one path.
func (p *painter) heatPaths(x, y scale) [len(heatColors)]string {
	g := p.v.Heat
	var paths [len(heatColors)]strings.Builder
	for i, column := range g.Cells {
		from := g.Begin.Seconds() + float64(i*g.Step)
		x0, x1 := x.at(from), x.at(from+float64(g.Step))
		for row, n := range column {
			if n == 0 {
				continue
			}
			y0, y1 := y.at(g.Edges[row]), y.at(g.Edges[row+1])
			fmt.Fprintf(&paths[heatLevel(n, g.Max)], "M%s %sh%sv%sh-%sz", num(x0), num(y0), num(x1-x0+0.3), num(y1-y0-0.3), num(x1-x0+0.3))
		}
	}
	var d [len(heatColors)]string
	for i := range paths {
		d[i] = paths[i].String()
	}
	return d
}

// heatLevel is the colour of a count, by its logarithm.
func heatLevel(n, most uint64) int {
	if most <= 1 {
		return len(heatColors) - 1
	}
	f := math.Log(float64(n)) / math.Log(float64(most))
	return min(int(f*float64(len(heatColors))), len(heatColors)-1)
}

func heatLegend(most uint64) template.HTML {
	var s svg
	s.open("p", "class", "legend heat-legend")
	s.WriteString("1 request ")
	s.open("svg", "width", "160", "height", "12", "viewBox", "0 0 160 12", "aria-hidden", "true", "focusable", "false")
	for i, color := range heatColors {
		s.el("rect", "x", num(float64(i*20)), "y", "0", "width", "20", "height", "12", "fill", color, "class", fmt.Sprintf("heat h%d", i))
	}
	s.close("svg")
	s.WriteString(" " + view.Group(most) + " requests a cell")
	s.close("p")
	return template.HTML(s.String())
}
