package html

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/loadctl/loadctl/reports/view"
)

// A WhereChart is where the time of one name's requests went, drawn and in figures.
type WhereChart struct {
	*view.Where
	Chart Chart
	Rows  []WhereRow
	Sums  []string
}

// A WhereRow is one part at each band: its mean, and its share of the whole.
type WhereRow struct {
	view.Part
	Pen   pen
	Cells []string
}

// Class names the pen for the style sheet.
func (r WhereRow) Class() string { return r.Pen.class }

// maxWhere bounds the names that are drawn; summary.json has all.
const maxWhere = 24

func (p *painter) whereCharts() (all []WhereChart) {
	for i := range p.v.Where[:min(len(p.v.Where), maxWhere)] {
		all = append(all, p.whereChart(&p.v.Where[i], fmt.Sprintf("where-%d", i)))
	}
	return all
}

func (p *painter) whereChart(w *view.Where, id string) WhereChart {
	c := WhereChart{Where: w}
	told := 0
	for _, part := range w.Parts() {
		row := WhereRow{Part: part, Pen: partPen(part, told)}
		if part.Kind == view.PartTarget {
			told++
		}
		for i, mean := range part.Means {
			row.Cells = append(row.Cells, w.MeanText(i, mean)+shareText(w, i, mean))
		}
		c.Rows = append(c.Rows, row)
	}
	for i := range w.Bands {
		c.Sums = append(c.Sums, w.MeanText(i, w.Bands[i].Response))
	}
	c.Chart = p.whereBars(c, id)
	return c
}

func shareText(w *view.Where, band int, mean time.Duration) string {
	whole := w.Bands[band].Response
	if !w.Bands[band].Known() || whole <= 0 {
		return ""
	}
	return " · " + view.Percent(float64(mean)/float64(whole))
}

// partPen gives parts that come before the request their own colours, and the target's in
// turn.
func partPen(part view.Part, told int) pen {
	switch {
	case part.Kind == view.PartTarget:
		return []pen{blue, green, purple, sky}[told%4]
	case part.Kind == view.PartRest:
		return grey
	case part.Name == "pacer lag":
		return red
	case part.Name == "pool wait":
		return orange
	}
	return black
}

// whereBars is a bar for each band, as long as the page: parts are seen by their share,
// however much longer one is than the other.
func (p *painter) whereBars(c WhereChart, id string) Chart {
	const w, lane, from = wideWidth, 34.0, 150.0
	var s svg
	h := 6 + lane*float64(len(c.Bands))
	name := "Where the time of " + c.Label() + " went"
	frame(&s, id, name, c.words(), w, h)
	for i := range c.Bands {
		y := 6 + lane*float64(i)
		s.text(from-10, y+17, "end", "strong", c.Heading(i)+": "+c.MeanText(i, c.Bands[i].Response)+" ms")
		c.bar(&s, i, scale{lo: 0, hi: c.drawn(i), from: from, to: w - right}, y)
	}
	s.close("svg")
	return Chart{ID: id, Name: name, SVG: template.HTML(s.String()), Wide: true}
}

// drawn is the sum of what can be drawn: a rest below 0 cannot.
func (c *WhereChart) drawn(band int) (sum float64) {
	for _, r := range c.Rows {
		sum += max(0, r.Means[band].Seconds())
	}
	return sum
}

func (c *WhereChart) bar(s *svg, band int, x scale, y float64) {
	before := 0.0
	for _, r := range c.Rows {
		d := r.Means[band].Seconds()
		if d <= 0 || x.hi <= 0 {
			continue
		}
		left, right := x.at(before), x.at(before+d)
		before += d
		s.open("rect", "x", num(left), "y", num(y), "width", num(max(right-left, 0.5)), "height", "24", "fill", r.Pen.color, "class", r.Pen.class+" bar")
		s.title(fmt.Sprintf("%s, %s: %s ms", c.Heading(band), r.Title(), r.Cells[band]))
		s.close("rect")
	}
}

// words say in a sentence what is drawn.
func (c *WhereChart) words() string {
	var all []string
	for i := range c.Bands {
		var parts []string
		for _, r := range c.Rows {
			parts = append(parts, r.Title()+" "+c.MeanText(i, r.Means[i]))
		}
		all = append(all, fmt.Sprintf("%s, %s ms: %s", c.Heading(i), c.MeanText(i, c.Bands[i].Response), strings.Join(parts, ", ")))
	}
	return strings.Join(all, "; ") + "."
}
