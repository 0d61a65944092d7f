package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/view"
)

//go:embed brief.html
var briefText string

//go:embed brief.css
var briefStyle string

// A briefPage is everything the template of a brief shows.
type briefPage struct {
	*brief.Brief
	CSS   template.CSS
	JS    template.JS
	Tool  string
	Parts []sectionPage
}

// A sectionPage is a section with its charts drawn, side by side where two narrow ones follow
// each other.
type sectionPage struct {
	ID, Title string
	Pieces    []piece
}

// A piece is one part, or several charts in a row.
type piece struct {
	Text   string
	Notes  brief.Notes
	Table  *brief.Table
	Code   *brief.Code
	Charts []Chart
}

// Brief draws a document of answers as one page that stands alone.
func Brief(w io.Writer, b *brief.Brief) error {
	t, err := template.New("brief").Funcs(briefFuncs).Parse(briefText)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p := briefPage{Brief: b, CSS: template.CSS(styleText + briefStyle), JS: template.JS(scriptText), Tool: view.ToolName(b.Tool)}
	for _, s := range b.Sections {
		p.Parts = append(p.Parts, sectionPage{s.ID, s.Title, pieces(s.Parts)})
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

var briefFuncs = template.FuncMap{
	"sign":  func(t brief.Tone) string { return t.Sign() },
	"tone":  toneClass,
	"upper": strings.ToUpper,
	"empty": func(t *brief.Table) bool { return len(t.Rows) == 0 },
	"heads": func(t *brief.Table) bool {
		for _, c := range t.Columns {
			if c.Name != "" {
				return true
			}
		}
		return false
	},
	"right": func(t *brief.Table, i int) bool { return i < len(t.Columns) && t.Columns[i].Right },
}

// toneClass is the class of a tone in words.
func toneClass(t brief.Tone) string {
	switch t {
	case brief.Good:
		return "ok"
	case brief.Warn:
		return "warn"
	case brief.Bad:
		return "bad"
	}
	return ""
}

// pieces draws the charts of a section, and sets narrow ones beside each other.
func pieces(parts []brief.Part) (all []piece) {
	for _, part := range parts {
		c, drawn := drawPart(part)
		last := len(all) - 1
		switch {
		case drawn && !c.Wide && last >= 0 && len(all[last].Charts) > 0 && !all[last].Charts[0].Wide:
			all[last].Charts = append(all[last].Charts, c)
		case drawn:
			all = append(all, piece{Charts: []Chart{c}})
		default:
			all = append(all, plainPiece(part))
		}
	}
	return all
}

func plainPiece(part brief.Part) (p piece) {
	switch part := part.(type) {
	case brief.Text:
		p.Text = string(part)
	case brief.Notes:
		p.Notes = part
	case brief.Code:
		p.Code = &part
	case *brief.Table:
		p.Table = part
	}
	return p
}

// drawPart draws a part if it is a chart.
func drawPart(part brief.Part) (Chart, bool) {
	switch part := part.(type) {
	case *brief.Plot:
		return drawPlot(part), true
	case *brief.Forest:
		return drawForest(part), true
	case *brief.Heat:
		return drawHeat(part), true
	}
	return Chart{}, false
}

// inkPen is how a colour of a brief is drawn.
func inkPen(i brief.Ink) pen {
	pens := map[brief.Ink]pen{brief.Blue: blue, brief.Orange: orange, brief.Green: green, brief.Red: red, brief.Purple: purple, brief.Sky: sky, brief.Grey: grey, brief.Black: black}
	if p, ok := pens[i]; ok {
		return p
	}
	return blue
}

// tonePen is how a tone is drawn.
func tonePen(t brief.Tone) pen {
	switch t {
	case brief.Good:
		return green
	case brief.Bad:
		return red
	case brief.Warn:
		return orange
	}
	return blue
}

func chartOf(h brief.Head, s *svg) Chart {
	return Chart{ID: h.ID, Name: h.Name, About: h.About, SVG: template.HTML(s.String()), Wide: h.Wide}
}
