package tui

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/stats"
)

// The pictures of the documentation are drawn by the dashboard's own code from a
// real run, as it stood at some second of it:
//
//	go test ./reports/tui -run TestPicture -picture docs/dashboard.svg -of runs/<id> -at 30s -size 120x34
var (
	picture = flag.String("picture", "", "write a picture of the dashboard to this SVG file")
	of      = flag.String("of", "", "the run directory it shows; a made-up run without")
	moment  = flag.Duration("at", 31*time.Second, "the moment of the run it shows")
	size    = flag.String("size", "120x34", "of the terminal, in cells")
)

func TestPicture(t *testing.T) {
	m := pictured(t)
	if _, err := fmt.Sscanf(*size, "%dx%d", &m.w, &m.h); err != nil {
		t.Fatal(err)
	}
	svg := scalable(m.draw())
	if err := xml.Unmarshal(svg, new(struct{})); err != nil {
		t.Errorf("the picture is not XML: %v", err)
	}
	if *picture != "" {
		if err := os.WriteFile(*picture, svg, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// pictured is a dashboard that has seen the run it shows and no other.
func pictured(t *testing.T) *model {
	t.Helper()
	if *of == "" {
		return told(demo(), 0, 0)
	}
	whole, err := runfile.Open(*of)
	if err != nil {
		t.Fatal(err)
	}
	m := newModel(Config{Controls: func(Control) {}, Env: []string{"LANG=C.UTF-8"}}, newFeed())
	m.run = until(whole, *moment)
	m.refresh()
	return m
}

// until replays a run up to a moment.
func until(whole *stats.Run, moment stats.Offset) *stats.Run {
	r := &stats.Run{}
	r.Apply(stats.Update{Started: &stats.Started{Info: whole.Info, Layout: whole.Layout, Agents: whole.Agents}})
	r.Apply(stats.Update{State: &stats.State{Name: "running"}})
	for _, s := range whole.Spans {
		for _, at := range []*stats.Offset{&s.Begin, &s.Connected, &s.End, &s.Finish} {
			if *at > moment {
				*at = stats.Never
			}
		}
		r.Apply(stats.Update{Span: &s})
	}
	for _, e := range whole.Events {
		if e.At <= moment {
			r.Apply(stats.Update{Event: &e})
		}
	}
	for i := range whole.Windows {
		if w := &whole.Windows[i]; w.End() <= moment {
			r.Apply(stats.Update{Window: w})
		}
	}
	r.Apply(stats.Update{Verdicts: whole.Verdicts})
	return r
}

// A cell of the picture, in units of the SVG.
const (
	cellW, cellH = 9.0, 19.0
	margin       = 14.0
)

func scalable(s *screen) []byte {
	var b bytes.Buffer
	w, h := float64(s.w)*cellW+2*margin, float64(s.h)*cellH+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="15">`+"\n", w, h)
	fmt.Fprintf(&b, `<title>loadctl dashboard</title><rect width="%g" height="%g" rx="8" fill="#16181d"/>`+"\n", w, h)
	for y := range s.h {
		row := s.cells[y*s.w : (y+1)*s.w]
		for x := 0; x < len(row); {
			x += piece(&b, row[x:], margin+float64(x)*cellW, margin+float64(y)*cellH)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// piece draws the cells that belong together and says how many they are.
func piece(b *bytes.Buffer, row []cell, x, y float64) int {
	c := row[0]
	if c.r == ' ' || c.r == 0 {
		return 1
	}
	n := 1
	for strings.ContainsRune("─╌┄░▒▓█", c.r) && n < len(row) && row[n] == c {
		n++
	}
	if shape := shapeOf(c.r, x, y, float64(n)*cellW); shape != "" {
		fmt.Fprintf(b, `<g %s>%s</g>`+"\n", paint(c.s, true), shape)
		return n
	}
	var t strings.Builder
	n = 0
	for ; n < len(row) && row[n].s == c.s && (row[n].r == ' ' || shapeOf(row[n].r, 0, 0, 0) == ""); n++ {
		if row[n].r == ' ' && (n+1 == len(row) || row[n+1].r == ' ') {
			break
		}
		if row[n].r == thinSpace {
			row[n].r = ' '
		}
		if row[n].r != 0 {
			t.WriteRune(row[n].r)
		}
	}
	fmt.Fprintf(b, `<text x="%g" y="%g" textLength="%g" xml:space="preserve" %s>`, x, y+14, float64(n)*cellW, paint(c.s, false))
	_ = xml.EscapeText(b, []byte(t.String()))
	b.WriteString("</text>\n")
	return n
}

func paint(s style, shape bool) string {
	color, more := "#d7dae0", ""
	switch s {
	case faint:
		color = "#767d8a"
	case good, goodBold:
		color = "#7ec77b"
	case warn, warnBold, third:
		color = "#e0b35a"
	case bad, badBold:
		color = "#ec6a6a"
	case accent, first, chosen, badge:
		color = "#58b8c9"
	case second:
		color = "#6a9fe8"
	case fourth:
		color = "#c084d8"
	}
	switch s {
	case bold, goodBold, warnBold, badBold, chosen, badge:
		more = ` font-weight="bold"`
	}
	if shape {
		return fmt.Sprintf(`fill="%s" stroke="%s" stroke-width="0"`, color, color)
	}
	return fmt.Sprintf(`fill="%s"%s`, color, more)
}

// shapeOf draws the characters that fonts disagree about, w wide; "" for all others.
func shapeOf(r rune, x, y, w float64) string {
	mx, my, right, low := x+cellW/2, y+cellH/2, x+w, y+cellH
	path := func(d string, dash string) string {
		return fmt.Sprintf(`<path d="%s" fill="none" stroke-width="1.1"%s/>`, d, dash)
	}
	box := func(x, y, w, h, opacity float64) string {
		return fmt.Sprintf(`<rect x="%g" y="%.2f" width="%g" height="%.2f" opacity="%g"/>`, x, y, w, h, opacity)
	}
	switch {
	case r > 0x2800 && r < 0x2900:
		return dots(r, x, y)
	case r >= '▁' && r <= '█':
		h := cellH * float64(r-'▁'+1) / 8
		return box(x, low-h, w, h, 1)
	}
	switch r {
	case '─':
		return path(fmt.Sprintf("M%g %gH%g", x, my, right), "")
	case '╌', '┄':
		return path(fmt.Sprintf("M%g %gH%g", x+1, my, right), ` stroke-dasharray="3 2"`)
	case '│':
		return path(fmt.Sprintf("M%g %gV%g", mx, y, low), "")
	case '┊':
		return path(fmt.Sprintf("M%g %gV%g", mx, y+1, low), ` stroke-dasharray="2 3"`)
	case '┤':
		return path(fmt.Sprintf("M%g %gV%gM%g %gH%g", mx, y, low, x+1, my, mx), "")
	case '╭':
		return path(fmt.Sprintf("M%g %gV%gQ%g %g %g %g", mx, low, my+4, mx, my, right, my), "")
	case '╮':
		return path(fmt.Sprintf("M%g %gV%gQ%g %g %g %g", mx, low, my+4, mx, my, x, my), "")
	case '╰':
		return path(fmt.Sprintf("M%g %gV%gQ%g %g %g %g", mx, y, my-4, mx, my, right, my), "")
	case '╯':
		return path(fmt.Sprintf("M%g %gV%gQ%g %g %g %g", mx, y, my-4, mx, my, x, my), "")
	case '░':
		return box(x, y, w, cellH, 0.2)
	case '▒':
		return box(x, y, w, cellH, 0.45)
	case '▓':
		return box(x, y, w, cellH, 0.7)
	case '▐':
		return box(mx, y, cellW/2, cellH, 1)
	case '▌':
		return box(x, y, cellW/2, cellH, 1)
	}
	return ""
}

func dots(r rune, x, y float64) string {
	var b strings.Builder
	places := [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	for i, p := range places {
		if (r-0x2800)>>i&1 == 1 {
			fmt.Fprintf(&b, `<circle cx="%g" cy="%.2f" r="1.3"/>`, x+cellW*(0.25+0.5*p[0]), y+cellH*(0.125+0.25*p[1]))
		}
	}
	return b.String()
}
