package html

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/reports/view"
)

// A series is one line of a chart: a value for each point of the run.
type series struct {
	name   string
	ink    pen
	values []float64 // NaN is a gap, +Inf is drawn at the top edge with a mark
	area   bool      // shade what lies below
	bar    bool      // stacked columns
}

// An pen is how a series is drawn: a class for the style sheet, and the colour and
// dashes that stand without it.
type pen struct{ class, color, dash, width string }

// Okabe and Ito's colours, told apart by every eye, each with its own dashes.
var (
	blue   = pen{"k-blue", "#0072B2", "", "2"}
	orange = pen{"k-orange", "#E69F00", "7 3", "2"}
	green  = pen{"k-green", "#009E73", "", "2"}
	red    = pen{"k-red", "#D55E00", "", "2"}
	purple = pen{"k-purple", "#AA4499", "2 3", "2"}
	sky    = pen{"k-sky", "#56B4E9", "9 3 2 3", "2"}
	grey   = pen{"k-grey", "#8c959f", "1 3", "1.5"}
	black  = pen{"k-black", "#24292f", "4 3", "1.5"}
)

// A limit is a horizontal line that values are held against.
type limit struct {
	v     float64
	label string
}

// A timeChart is values over the time of a run.
type timeChart struct {
	id, name, about string
	unit            string
	log             bool // times in seconds on a log scale
	label           func(float64) string
	series          []series
	limits          []limit
	low, high       float64 // fixes a log scale, 0 = fit
	wide            bool    // across the page
}

// The size of a chart, in its own units, and its margins.
const (
	width, height = 580.0, 250.0
	wideWidth     = 1180.0
	left, right   = 58.0, 14.0
	top, bottom   = 16.0, 26.0
)

// A Chart is what the page needs of one chart.
type Chart struct {
	ID, Name, About string
	SVG             template.HTML
	Legend          template.HTML
	Table           template.HTML
	Data            template.HTML // for the script
	Wide            bool
}

// draw makes the chart over the points of a run.
func (p *painter) draw(c timeChart) Chart {
	var s svg
	w := width
	if c.wide {
		w = wideWidth
	}
	x := p.timeScale(w)
	y, ticks := c.yScale()
	frame(&s, c.id, c.name, c.describe(), w, height)
	p.shades(&s, x, height)
	grid(&s, y, ticks, w)
	p.timeAxis(&s, x, height)
	c.columns(&s, p.points, x, y)
	lane := 0.0
	for _, one := range c.series {
		if !one.bar {
			line(&s, one, p.points, x, y)
			lane += marks(&s, one, p.points, x, lane)
		}
	}
	drawLimits(&s, c.limits, x, y)
	p.flags(&s, x)
	s.open("g", "class", "cross", "aria-hidden", "true")
	s.close("g")
	s.close("svg")
	return Chart{ID: c.id, Name: c.name, About: c.about, SVG: template.HTML(s.String()), Legend: legend(c.series),
		Table: c.table(p.points), Data: c.data(p.points, x), Wide: c.wide}
}

func (c *timeChart) yScale() (scale, []tick) {
	if !c.log {
		return fromZero(c.topValue(), height-bottom, top, c.label)
	}
	low, high := c.low, c.high
	if low == 0 {
		low, high = extent(c.series)
		for _, l := range c.limits {
			low, high = min(low, l.v), max(high, l.v)
		}
	}
	return decades(low, high, height-bottom, top)
}

// topValue is the largest value to show, columns stacked.
func (c *timeChart) topValue() (top float64) {
	for i := range len(c.firstValues()) {
		stacked := 0.0
		for _, s := range c.series {
			v := s.values[i]
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			if s.bar {
				stacked += v
			}
			top = max(top, v, stacked)
		}
	}
	for _, l := range c.limits {
		top = max(top, l.v)
	}
	return top
}

func (c *timeChart) firstValues() []float64 {
	if len(c.series) == 0 {
		return nil
	}
	return c.series[0].values
}

// extent is the least and largest positive finite value.
func extent(all []series) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, s := range all {
		for _, v := range s.values {
			if v > 0 && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

// describe says in words what the chart shows, for those who cannot see it.
func (c *timeChart) describe() string {
	var words []string
	for _, s := range c.series {
		low, high, seen := math.Inf(1), math.Inf(-1), false
		for _, v := range s.values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high, seen = min(low, v), max(high, v), true
			}
		}
		if seen {
			words = append(words, fmt.Sprintf("%s between %s and %s", s.name, c.label(low), c.label(high)))
		}
	}
	if len(words) == 0 {
		return "Nothing was measured."
	}
	return c.about + " " + strings.Join(words, "; ") + "."
}

func center(p view.Point) float64 { return p.At.Seconds() + p.Seconds/2 }

// line draws a series, with gaps where there are no values.
func line(s *svg, one series, points []view.Point, x, y scale) {
	var d, fill strings.Builder
	open, start, last := false, 0.0, 0.0
	closeArea := func() {
		if open && one.area {
			fmt.Fprintf(&fill, "L%s %sL%s %sZ", num(last), num(y.from), num(start), num(y.from))
		}
	}
	for i, v := range one.values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			closeArea()
			open = false
			continue
		}
		px, py := x.at(center(points[i])), y.at(v)
		command := "L"
		if !open {
			command, start = "M", px
		}
		fmt.Fprintf(&d, "%s%s %s", command, num(px), num(py))
		fmt.Fprintf(&fill, "%s%s %s", command, num(px), num(py))
		if !open && (i+1 == len(one.values) || math.IsNaN(one.values[i+1]) || math.IsInf(one.values[i+1], 0)) {
			d.WriteString("h.1") // a lone point is a dot
		}
		open, last = true, px
	}
	closeArea()
	if one.area && fill.Len() > 0 {
		s.el("path", "d", fill.String(), "fill", one.ink.color, "fill-opacity", "0.10", "stroke", "none", "class", one.ink.class+" area")
	}
	if d.Len() > 0 {
		s.el("path", "d", d.String(), "fill", "none", "stroke", one.ink.color, "stroke-width", one.ink.width, "stroke-dasharray", one.ink.dash,
			"stroke-linejoin", "round", "stroke-linecap", "round", "class", one.ink.class+" line")
	}
}

// marks are small triangles at the top edge where a value is off the scale, a
// lane for each series. It returns the height of the lane, if there is one.
func marks(s *svg, one series, points []view.Point, x scale, lane float64) float64 {
	var d strings.Builder
	for i, v := range one.values {
		if math.IsInf(v, 1) {
			fmt.Fprintf(&d, "M%s %sl-3 5h6z", num(x.at(center(points[i]))), num(top-1+lane))
		}
	}
	if d.Len() == 0 {
		return 0
	}
	s.el("path", "d", d.String(), "fill", one.ink.color, "class", one.ink.class+" mark")
	return 8
}

// columns draws stacked columns.
func (c *timeChart) columns(s *svg, points []view.Point, x, y scale) {
	below := make([]float64, len(points))
	for _, one := range c.series {
		if !one.bar {
			continue
		}
		var d strings.Builder
		for i, v := range one.values {
			if !(v > 0) || math.IsInf(v, 0) {
				continue
			}
			from, to := x.at(points[i].At.Seconds()), x.at(points[i].At.Seconds()+points[i].Seconds)
			wide := max((to-from)*0.86, 0.6)
			y0, y1 := y.at(below[i]), y.at(below[i]+v)
			fmt.Fprintf(&d, "M%s %sh%sv%sh-%sz", num(from), num(y0), num(wide), num(min(y1-y0, -0.6)), num(wide))
			below[i] += v
		}
		if d.Len() > 0 {
			s.el("path", "d", d.String(), "fill", one.ink.color, "stroke", "none", "class", one.ink.class+" bar")
		}
	}
}

// drawLimits draws lines with their names above, or one below the other where
// lines lie too close for that.
func drawLimits(s *svg, limits []limit, x, y scale) {
	const lineHeight = 11
	free := math.Inf(-1) // where the next name may stand
	for _, l := range slices.SortedFunc(slices.Values(limits), func(a, b limit) int { return cmp.Compare(b.v, a.v) }) {
		py := y.at(l.v)
		s.el("path", "d", fmt.Sprintf("M%s %sH%s", num(x.from), num(py), num(x.to)), "stroke", "#B23B00", "stroke-width", "1.2", "stroke-dasharray", "2 3", "class", "limit")
		name := max(py-4, free)
		s.text(x.to-3, name, "end", "axis halo", l.label)
		free = name + lineHeight
	}
}

// legend is the names of the series beside how they are drawn.
func legend(all []series) template.HTML {
	var s svg
	s.open("ul", "class", "legend")
	for _, one := range all {
		s.open("li")
		s.open("svg", "width", "26", "height", "10", "viewBox", "0 0 26 10", "aria-hidden", "true", "focusable", "false")
		if one.bar {
			s.el("rect", "x", "7", "y", "0", "width", "12", "height", "10", "rx", "2", "fill", one.ink.color, "class", one.ink.class+" bar")
		} else {
			s.el("path", "d", "M1 5H25", "stroke", one.ink.color, "stroke-width", "2.4", "stroke-dasharray", one.ink.dash, "class", one.ink.class+" line")
		}
		s.close("svg")
		s.WriteString(" " + html.EscapeString(one.name))
		s.close("li")
	}
	s.close("ul")
	return template.HTML(s.String())
}

// table is the numbers behind a chart.
func (c *timeChart) table(points []view.Point) template.HTML {
	var b strings.Builder
	b.WriteString(`<table class="data"><caption>` + html.EscapeString(c.name+", "+c.unit) + `</caption><thead><tr><th scope="col">time`)
	for _, s := range c.series {
		b.WriteString(`<th scope="col">` + html.EscapeString(s.name))
	}
	b.WriteString("<tbody>")
	for i, p := range points {
		b.WriteString("<tr><td>" + view.Clock(p.At))
		for _, s := range c.series {
			b.WriteString("<td>" + c.cell(s.values[i]))
		}
	}
	b.WriteString("</table>")
	return template.HTML(b.String())
}

func (c *timeChart) cell(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.IsInf(v, 0):
		return "failed"
	}
	return html.EscapeString(c.label(v))
}

// A chartData is what the script needs for the crosshair.
type chartData struct {
	Left   float64    `json:"left"`
	Right  float64    `json:"right"`
	Top    float64    `json:"top"`
	Bottom float64    `json:"bottom"`
	Times  []string   `json:"times"`
	X      []float64  `json:"x"`
	Names  []string   `json:"names"`
	Values [][]string `json:"values"`
}

func (c *timeChart) data(points []view.Point, x scale) template.HTML {
	d := chartData{Left: left, Right: x.to, Top: top, Bottom: height - bottom, Times: []string{}, X: []float64{}}
	for _, p := range points {
		d.Times = append(d.Times, view.Clock(p.At))
		d.X = append(d.X, math.Round(x.at(center(p))*10)/10)
	}
	for _, s := range c.series {
		row := make([]string, len(s.values))
		for i, v := range s.values {
			row[i] = html.UnescapeString(c.cell(v))
		}
		d.Names, d.Values = append(d.Names, s.name), append(d.Values, row)
	}
	b, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	return template.HTML(`<script type="application/json" class="chart-data">` + string(b) + `</script>`)
}
