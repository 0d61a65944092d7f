package html

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/loadctl/loadctl/reports/brief"
)

// The margins of a plot: its axes have names.
const (
	plotTop, plotBottom = 30.0, 44.0
	plotLeft, plotRight = 62.0, 18.0
)

// drawPlot draws points and lines over two axes.
func drawPlot(p *brief.Plot) Chart {
	w, h := width, 280.0
	if p.Wide {
		w, h = wideWidth, 360
	}
	var s svg
	frame(&s, p.ID, p.Name, p.Words, w, h)
	x, y := axisScale(p.X, plotLeft, w-plotRight), axisScale(p.Y, h-plotBottom, plotTop)
	for _, b := range p.Bands {
		drawBand(&s, b, x, y)
	}
	plotGrid(&s, p, x, y, w, h)
	for _, l := range p.Lines {
		drawLine(&s, l, x, y)
	}
	for _, r := range p.Rules {
		drawRule(&s, r, x, y)
	}
	for i, c := range p.Clouds {
		drawCloud(&s, c, i, x, y)
	}
	s.close("svg")
	c := chartOf(p.Head, &s)
	c.Legend = plotLegend(p)
	return c
}

func axisScale(a brief.Axis, from, to float64) scale {
	return scale{lo: a.Low, hi: a.High, from: from, to: to, log: a.Log}
}

// plotGrid draws both axes with their words and names.
func plotGrid(s *svg, p *brief.Plot, x, y scale, w, h float64) {
	for _, t := range p.Y.Ticks {
		py := y.at(t.At)
		s.el("path", "d", fmt.Sprintf("M%s %sH%s", num(x.from), num(py), num(x.to)), "stroke", "#d0d7de", "stroke-width", "1", "class", "grid")
		s.text(x.from-7, py+4, "end", "axis", t.Text)
	}
	free := -1e9
	for _, t := range p.X.Ticks {
		px := x.at(t.At)
		s.el("path", "d", fmt.Sprintf("M%s %sv4", num(px), num(y.from)), "stroke", "#8c959f", "class", "tick")
		half := 3.4 * float64(len([]rune(t.Text)))
		at := min(px, w-2-half)
		if at-half < free {
			continue
		}
		free = at + half + 6
		s.text(at, y.from+17, "middle", "axis", t.Text)
	}
	s.text((x.from+x.to)/2, h-7, "middle", "axis", p.X.Name)
	s.text(4, 13, "start", "axis", p.Y.Name)
}

func drawBand(s *svg, b brief.Band, x, y scale) {
	x0, x1, y0, y1 := x.at(b.From), x.at(b.To), y.to, y.from
	if b.Flat {
		x0, x1, y0, y1 = x.from, x.to, y.at(b.To), y.at(b.From)
	}
	k := inkPen(b.Ink)
	s.open("rect", "x", num(x0), "y", num(y0), "width", num(max(x1-x0, 1.5)), "height", num(max(y1-y0, 1.5)), "fill", k.color, "fill-opacity", "0.16", "class", k.class+" area")
	s.title(b.Name)
	s.close("rect")
}

func drawLine(s *svg, l brief.Line, x, y scale) {
	var d strings.Builder
	for i, p := range l.Places {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&d, "%s%s %s", command, num(x.at(p.X)), num(y.at(p.Y)))
	}
	if d.Len() == 0 {
		return
	}
	k := inkPen(l.Ink)
	s.el("path", "d", d.String(), "fill", "none", "stroke", k.color, "stroke-width", k.width, "stroke-dasharray", dashes(l), "stroke-linejoin", "round", "stroke-linecap", "round", "class", k.class+" line")
	if l.Dots {
		for _, p := range l.Places {
			s.el("circle", "cx", num(x.at(p.X)), "cy", num(y.at(p.Y)), "r", "3", "fill", k.color, "class", k.class+" mark")
		}
	}
}

func dashes(l brief.Line) string {
	if l.Dotted {
		return "2 4"
	}
	return inkPen(l.Ink).dash
}

// drawRule draws a line across with its name beside it, on the side that has room.
func drawRule(s *svg, r brief.Rule, x, y scale) {
	k := inkPen(r.Ink)
	d := fmt.Sprintf("M%s %sH%s", num(x.from), num(y.at(r.At)), num(x.to))
	if r.Stands {
		d = fmt.Sprintf("M%s %sV%s", num(x.at(r.At)), num(y.to-6), num(y.from))
	}
	s.el("path", "d", d, "fill", "none", "stroke", k.color, "stroke-width", "1.4", "stroke-dasharray", "5 4", "class", k.class+" line")
	if r.Stands {
		s.text(x.at(r.At), y.to-10, "middle", "strong halo", r.Label)
	} else {
		s.text(x.from+6, y.at(r.At)-5, "start", "strong halo", r.Label)
	}
}

// drawCloud draws the points of one kind, each kind with a shape of its own.
func drawCloud(s *svg, c brief.Cloud, shape int, x, y scale) {
	k := inkPen(c.Ink)
	for _, p := range c.Points {
		px, py := x.at(p.X), y.at(p.Y)
		s.open("g", "class", "point")
		s.title(p.Tip)
		if p.High > p.Low {
			s.el("path", "d", fmt.Sprintf("M%s %sV%s", num(px), num(y.at(p.Low)), num(y.at(p.High))), "stroke", k.color, "stroke-width", "1.4", "stroke-opacity", "0.6", "fill", "none", "class", k.class+" line")
		}
		drawDot(s, px, py, shape, p.Edge, c.Hollow, k)
		if p.Label != "" {
			s.text(px+8, py+4, "start", "axis halo", p.Label)
		}
		s.close("g")
	}
}

// drawDot is a circle, a diamond or a square; a triangle on the edge, for what lies beyond.
func drawDot(s *svg, px, py float64, shape int, edge, hollow bool, k pen) {
	fill, class := k.color, k.class+" mark"
	if hollow {
		fill, class = "none", k.class+" line"
	}
	d := ""
	switch {
	case edge:
		d = fmt.Sprintf("M%s %sh10l-5 8z", num(px-5), num(py-8))
	case shape == 1:
		d = fmt.Sprintf("M%s %sl5.5 5.5l-5.5 5.5l-5.5 -5.5z", num(px), num(py-5.5))
	case shape == 2:
		d = fmt.Sprintf("M%s %sh8v8h-8z", num(px-4), num(py-4))
	default:
		s.el("circle", "cx", num(px), "cy", num(py), "r", "4.6", "fill", fill, "stroke", k.color, "stroke-width", "1.2", "class", class)
		return
	}
	s.el("path", "d", d, "fill", fill, "stroke", k.color, "stroke-width", "1.2", "class", class)
}

// plotLegend names bands, lines and kinds of points.
func plotLegend(p *brief.Plot) template.HTML {
	var s svg
	s.open("ul", "class", "legend")
	item := func(name string, draw func()) {
		if name == "" {
			return
		}
		s.open("li")
		s.open("svg", "width", "26", "height", "12", "viewBox", "0 0 26 12", "aria-hidden", "true", "focusable", "false")
		draw()
		s.close("svg")
		s.WriteString(" " + html.EscapeString(name))
		s.close("li")
	}
	for i, c := range p.Clouds {
		item(c.Name, func() { drawDot(&s, 13, 6, i, false, c.Hollow, inkPen(c.Ink)) })
	}
	for _, l := range p.Lines {
		item(l.Name, func() {
			k := inkPen(l.Ink)
			s.el("path", "d", "M1 6H25", "fill", "none", "stroke", k.color, "stroke-width", "2.4", "stroke-dasharray", dashes(l), "class", k.class+" line")
		})
	}
	for _, b := range p.Bands {
		item(b.Name, func() {
			k := inkPen(b.Ink)
			s.el("rect", "x", "4", "y", "0", "width", "18", "height", "12", "rx", "2", "fill", k.color, "fill-opacity", "0.28", "class", k.class+" area")
		})
	}
	s.close("ul")
	return template.HTML(s.String())
}
