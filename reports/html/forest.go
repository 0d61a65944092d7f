package html

import (
	"fmt"

	"github.com/loadctl/loadctl/reports/brief"
)

// drawForest draws one interval below the other.
func drawForest(f *brief.Forest) Chart {
	const w, lane, head, name, figures = wideWidth, 36.0, 10.0, 190.0, 230.0
	h := head + lane*float64(len(f.Rows)) + 28
	x := axisScale(f.Axis, name, w-figures)
	floor := h - 26
	var s svg
	frame(&s, f.ID, f.Name, f.Words, w, h)
	for _, t := range f.Axis.Ticks {
		px := x.at(t.At)
		s.el("path", "d", fmt.Sprintf("M%s %sV%s", num(px), num(head), num(floor)), "stroke", "#d0d7de", "stroke-width", "1", "class", "grid")
		s.text(px, h-8, "middle", "axis", t.Text)
	}
	s.el("path", "d", fmt.Sprintf("M%s %sV%s", num(x.at(f.Zero)), num(head-4), num(floor)), "stroke", "#24292f", "stroke-width", "1.4", "class", "k-black line")
	for i, r := range f.Rows {
		drawStem(&s, f, r, x, head+lane*(float64(i)+0.5), w)
	}
	s.close("svg")
	return chartOf(f.Head, &s)
}

func drawStem(s *svg, f *brief.Forest, r brief.Stem, x scale, y, w float64) {
	k := tonePen(r.Tone)
	s.text(x.from-14, y+4, "end", "strong", clip(r.Name, 28))
	s.text(x.to+16, y+4, "start", "strong", clip(r.Text, 38))
	if f.Bars {
		from, to := x.at(min(f.Zero, r.At)), x.at(max(f.Zero, r.At))
		s.el("rect", "x", num(from), "y", num(y-9), "width", num(max(to-from, 1)), "height", "18", "rx", "3", "fill", k.color, "fill-opacity", "0.35", "class", k.class+" area")
	}
	if r.Limited {
		limit := x.at(r.Limit)
		s.open("path", "d", fmt.Sprintf("M%s %sv24", num(limit), num(y-12)), "stroke", "#B23B00", "stroke-width", "2.4", "class", "limit")
		s.title("margin of " + r.Name)
		s.close("path")
	}
	low, high := x.at(r.Low), x.at(r.High)
	s.open("g", "class", "point")
	s.title(r.Name + " " + r.Text)
	if high > low {
		s.el("path", "d", fmt.Sprintf("M%s %sH%sM%s %sv10M%s %sv10", num(low), num(y), num(high), num(low), num(y-5), num(high), num(y-5)), "fill", "none", "stroke", k.color, "stroke-width", "2.4", "class", k.class+" line")
	}
	s.el("path", "d", fmt.Sprintf("M%s %sl6 6l-6 6l-6 -6z", num(x.at(r.At)), num(y-6)), "fill", k.color, "class", k.class+" mark")
	s.close("g")
}
