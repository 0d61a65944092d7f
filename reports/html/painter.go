package html

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// A painter draws the charts of one run: they share their time axis, the shades
// behind them and the flags above.
type painter struct {
	v      *view.View
	points []view.Point
	from   float64 // seconds
	to     float64
}

func newPainter(v *view.View) *painter {
	p := &painter{v: v, points: v.Points, to: max(v.Length.Seconds(), 1)}
	if n := len(v.Points); n > 0 {
		p.from = v.Points[0].At.Seconds()
		p.to = v.Points[n-1].At.Seconds() + v.Points[n-1].Seconds
	}
	return p
}

func (p *painter) timeScale(width float64) scale {
	return scale{lo: p.from, hi: p.to, from: left, to: width - right}
}

// frame opens a drawing with its name and description.
func frame(s *svg, id, name, desc string, w, h float64) {
	s.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", fmt.Sprintf("0 0 %s %s", num(w), num(h)), "width", num(w), "height", num(h),
		"role", "img", "aria-labelledby", id+"-t "+id+"-d", "class", "chart")
	s.open("title", "id", id+"-t")
	s.WriteString(html.EscapeString(name))
	s.close("title")
	s.open("desc", "id", id+"-d")
	s.WriteString(html.EscapeString(desc))
	s.close("desc")
}

// shades mark what is not recorded, and seconds that are left out or had a pause.
func (p *painter) shades(s *svg, x scale, h float64) {
	for _, phase := range p.v.Phases {
		if phase.Recorded || phase.Begin == stats.Never {
			continue
		}
		from, to := x.at(phase.Begin.Seconds()), x.at(p.endOf(phase))
		s.el("path", "d", fmt.Sprintf("M%s %sH%sV%sH%sz", num(from), num(top), num(to), num(h-bottom), num(from)), "fill", "#8c959f", "fill-opacity", "0.13", "class", "warm")
	}
	var d strings.Builder
	for _, point := range p.v.Points {
		if point.Excluded || point.Paused {
			from, to := x.at(point.At.Seconds()), x.at(point.At.Seconds()+point.Seconds)
			fmt.Fprintf(&d, "M%s %sH%sV%sH%sz", num(from), num(top), num(max(to, from+1.5)), num(h-bottom), num(from))
		}
	}
	if d.Len() > 0 {
		s.open("path", "d", d.String(), "fill", "#D55E00", "fill-opacity", "0.16", "class", "excluded")
		s.title("an agent's report is missing, the generator was late, or the run was paused")
		s.close("path")
	}
}

func (p *painter) endOf(phase view.Phase) float64 {
	if phase.End == stats.Never {
		return p.to
	}
	return phase.End.Seconds()
}

// grid draws the lines and labels of a value axis.
func grid(s *svg, y scale, ticks []tick, w float64) {
	for _, t := range ticks {
		py := y.at(t.v)
		s.el("path", "d", fmt.Sprintf("M%s %sH%s", num(left), num(py), num(w-right)), "stroke", "#d0d7de", "stroke-width", "1", "class", "grid")
		s.text(left-7, py+4, "end", "axis", t.label)
	}
}

// timeAxis draws the labels of time.
func (p *painter) timeAxis(s *svg, x scale, h float64) {
	for _, t := range timeTicks(x.lo, x.hi, int((x.to-x.from)/70)) {
		px := x.at(t.v)
		s.el("path", "d", fmt.Sprintf("M%s %sv4", num(px), num(h-bottom)), "stroke", "#8c959f", "class", "tick")
		anchor := "middle"
		if px > x.to-16 {
			px, anchor = x.to+right-2, "end"
		}
		s.text(px, h-bottom+16, anchor, "axis", t.label)
	}
}

// maxFlags bounds the flags above a chart.
const maxFlags = 40

// flags mark events above a chart: warnings filled, the rest open.
func (p *painter) flags(s *svg, x scale) {
	n := 0
	for _, e := range p.v.Events {
		if n++; n > maxFlags || e.At == stats.Never {
			continue
		}
		px := x.at(e.At.Seconds())
		fill, class := "#8c959f", "flag"
		if e.Level != stats.Informative {
			fill, class = "#D55E00", "flag bad"
			s.el("path", "d", fmt.Sprintf("M%s %sV%s", num(px), num(top), num(height-bottom)), "stroke", fill, "stroke-width", "1", "stroke-opacity", "0.5", "stroke-dasharray", "1 3", "class", class+" pole")
		}
		s.open("path", "d", fmt.Sprintf("M%s %sl-4 -7h8z", num(px), num(top-2)), "fill", fill, "class", class)
		s.title(view.Clock(e.At) + " " + e.Text)
		s.close("path")
	}
}

// timeline is the phases of the run as lanes over time.
func (p *painter) timeline() Chart {
	const w, lane = wideWidth, 26.0
	h := 10 + lane*float64(len(p.v.Phases)) + bottom
	var s svg
	x := scale{lo: p.from, hi: p.to, from: 170, to: w - right}
	frame(&s, "timeline", "Phases of the run", p.phaseWords(), w, h)
	for i, phase := range p.v.Phases {
		y := 8 + lane*float64(i)
		s.text(160, y+15, "end", "strong", clip(phase.Name, 22))
		if phase.Begin == stats.Never {
			s.text(172, y+15, "start", "axis", "did not begin")
			continue
		}
		p.lane(&s, x, y, phase)
	}
	p.timeAxis(&s, x, h)
	s.close("svg")
	return Chart{ID: "timeline", Name: "Phases of the run", SVG: template.HTML(s.String()), Wide: true}
}

func (p *painter) lane(s *svg, x scale, y float64, phase view.Phase) {
	k := phasePen(phase)
	from, to := x.at(phase.Begin.Seconds()), x.at(p.endOf(phase))
	s.open("rect", "x", num(from), "y", num(y), "width", num(max(to-from, 2)), "height", "20", "rx", "4", "fill", k.color, "fill-opacity", "0.22", "class", k.class+" phase")
	s.title(phase.Name + " " + phaseSpan(phase))
	s.close("rect")
	s.el("rect", "x", num(from), "y", num(y), "width", "3", "height", "20", "rx", "1.5", "fill", k.color, "class", k.class+" bar")
	if phase.Connected != stats.Never {
		c := x.at(phase.Connected.Seconds())
		s.open("path", "d", fmt.Sprintf("M%s %sv20", num(c), num(y)), "stroke", k.color, "stroke-width", "1.5", "stroke-dasharray", "3 2", "class", k.class+" line")
		s.title("all connections open at " + view.Clock(phase.Connected))
		s.close("path")
	}
	begin := from
	if phase.Connected != stats.Never {
		begin = max(from, x.at(phase.Connected.Seconds()))
	}
	if words := phaseLabel(phase); to-begin > 6.4*float64(len(words)) {
		s.text(begin+9, y+14, "start", "axis", words)
	} else if x.to-to > 6.4*float64(len(words)) {
		s.text(to+6, y+14, "start", "axis", words)
	}
}

func phasePen(p view.Phase) pen {
	switch {
	case !p.Recorded:
		return grey
	case p.Holds > 0:
		return green
	}
	return blue
}

func phaseLabel(p view.Phase) string {
	words := p.Model + ", " + phaseSpan(p)
	if !p.Recorded {
		words += ", not recorded"
	}
	return words
}

func phaseSpan(p view.Phase) string {
	if p.End == stats.Never {
		return "from " + view.Clock(p.Begin)
	}
	return view.Clock(p.Begin) + "–" + view.Clock(p.End)
}

func (p *painter) phaseWords() string {
	var words []string
	for _, phase := range p.v.Phases {
		if phase.Begin != stats.Never {
			words = append(words, phase.Name+" "+phaseLabel(phase))
		}
	}
	return strings.Join(words, "; ") + "."
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
