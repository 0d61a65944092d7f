package html

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
)

// spectrum is the whole distribution: time over ever higher percentiles.
func (p *painter) spectrum() Chart {
	const w, h = wideWidth, 320.0
	sp := p.v.Spectrum
	c := Chart{ID: "spectrum", Name: "Percentile spectrum", Wide: true,
		About: "How long the given share of requests took at most. The axis stretches towards 100 %, so that the slowest requests are seen. Where the line of response time ends, failed requests begin."}
	nines := max(lastX(sp.Response), lastX(sp.Service))
	if nines == 0 {
		return c
	}
	x := scale{lo: 0, hi: math.Ceil(nines), from: left, to: w - right}
	low, high := spread(sp)
	for _, l := range p.timeLimits() {
		high = max(high, l.v)
	}
	y, ticks := decades(low, high, h-bottom, top)
	var s svg
	frame(&s, c.ID, c.Name, c.About, w, h)
	grid(&s, y, ticks, w)
	for i := range int(x.hi) + 1 {
		px := x.at(float64(i))
		s.el("path", "d", fmt.Sprintf("M%s %sV%s", num(px), num(top), num(h-bottom)), "stroke", "#d0d7de", "class", "grid")
		s.text(px, h-bottom+16, "middle", "axis", percentLabel(100-100*math.Pow(10, -float64(i))))
	}
	curve(&s, sp.Service, orange, x, y)
	curve(&s, sp.Response, blue, x, y)
	if sp.Failed > 0 {
		p.failedFrom(&s, sp, x, h)
	}
	drawLimits(&s, p.timeLimits(), x, y)
	s.close("svg")
	c.SVG = template.HTML(s.String())
	c.Legend = legend([]series{{name: "response time (from the intended start)", ink: blue}, {name: "service time (from the first byte written)", ink: orange}})
	return c
}

// failedFrom shades the percentiles that failed requests fill.
func (p *painter) failedFrom(s *svg, sp view.Spectrum, x scale, h float64) {
	at := x.at(-math.Log10(sp.Failed))
	if at >= x.to {
		return
	}
	s.el("path", "d", fmt.Sprintf("M%s %sH%sV%sH%sz", num(at), num(top), num(x.to), num(h-bottom), num(at)), "fill", "#D55E00", "fill-opacity", "0.13", "class", "excluded")
	words := "failed: " + view.Percent(sp.Failed)
	s.text(x.to-4, top+14, "end", "strong", words)
}

func curve(s *svg, points []view.SpectrumPoint, k pen, x, y scale) {
	var d strings.Builder
	for i, point := range points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&d, "%s%s %s", command, num(x.at(point.X())), num(y.at(point.D.Seconds())))
	}
	if d.Len() > 0 {
		s.el("path", "d", d.String(), "fill", "none", "stroke", k.color, "stroke-width", "2.2", "stroke-dasharray", k.dash, "stroke-linejoin", "round", "class", k.class+" line")
	}
}

func lastX(points []view.SpectrumPoint) float64 {
	if len(points) == 0 {
		return 0
	}
	return max(points[len(points)-1].X(), 1)
}

func spread(sp view.Spectrum) (low, high float64) {
	low = math.Inf(1)
	for _, points := range [][]view.SpectrumPoint{sp.Response, sp.Service} {
		for _, point := range points {
			if v := point.D.Seconds(); v > 0 {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

func percentLabel(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) + " %" }

// spark is a small line of the p99 of one request over the run.
func spark(e view.Endpoint) template.HTML {
	const w, h = 110.0, 22.0
	most := 0.0
	for _, d := range e.Trend {
		most = max(most, float64(d))
	}
	if most == 0 || len(e.Trend) < 2 {
		return ""
	}
	var s svg
	var d strings.Builder
	down := false
	for i, v := range e.Trend {
		if v == 0 {
			down = false
			continue
		}
		command := "L"
		if !down {
			command = "M"
		}
		down = true
		fmt.Fprintf(&d, "%s%s %s", command, num(2+float64(i)/float64(len(e.Trend)-1)*(w-4)), num(h-2-float64(v)/most*(h-4)))
	}
	s.open("svg", "width", num(w), "height", num(h), "viewBox", "0 0 110 22", "aria-hidden", "true", "focusable", "false", "class", "spark")
	s.el("path", "d", d.String(), "fill", "none", "stroke", blue.color, "stroke-width", "1.5", "stroke-linejoin", "round", "stroke-linecap", "round", "class", "k-blue line")
	s.close("svg")
	return template.HTML(s.String())
}
