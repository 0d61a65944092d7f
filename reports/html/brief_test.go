package html

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/brief"
)

// whole is a brief with every kind of part in it, and names that are out for harm.
func whole() *brief.Brief {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	word := func(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }
	head := func(id string, wide bool) brief.Head {
		return brief.Head{ID: id, Name: "chart " + id + evil, About: evil, Words: "in words " + evil, Wide: wide}
	}
	plot := func(id string, wide bool) *brief.Plot {
		return &brief.Plot{Head: head(id, wide), X: brief.Linear("load"+evil, 0, 1000, 6, word), Y: brief.Logarithmic("bad", 0.001, 1, word),
			Bands:  []brief.Band{{Name: "band" + evil, Ink: brief.Blue, From: 700, To: 800}, {Name: "flat", Ink: brief.Green, Flat: true, From: 0.01, To: 0.02}},
			Lines:  []brief.Line{{Name: "line" + evil, Ink: brief.Red, Dots: true, Places: []brief.Place{{X: 0, Y: 0.001}, {X: 900, Y: 0.5}}}},
			Clouds: []brief.Cloud{{Name: "cloud" + evil, Points: []brief.Point{{X: 500, Y: 0.1, Low: 0.05, High: 0.2, Tip: evil, Label: evil}, {X: 600, Edge: true}}}},
			Rules:  []brief.Rule{{Label: "rule" + evil, At: 0.01, Ink: brief.Red}, {Label: evil, Stands: true, At: 750}}}
	}
	return &brief.Brief{Kind: "report" + evil, Title: "title" + evil, Meta: []brief.Fact{{Name: "run", Value: evil}}, Verdict: brief.Verdict{Tone: brief.Bad, Word: "WORSE" + evil, Line: "line" + evil},
		Exit: 98, Lead: evil, Notes: []brief.Note{{Tone: brief.Warn, Text: evil}}, Figures: []brief.Figure{{Label: evil, Value: evil, Unit: evil, Meaning: evil, Tone: brief.Good}}, Result: "RESULT " + evil,
		Sections: []brief.Section{{ID: "one", Title: "one" + evil, Parts: []brief.Part{brief.Text(evil), brief.Notes{{Text: evil}}, plot("narrow", false), plot("beside", false), plot("wide", true),
			&brief.Table{Columns: []brief.Column{brief.Left("name" + evil), brief.Right("n")}, Rows: []brief.Row{{Cells: []brief.Cell{{Text: evil, Code: true}, {Text: evil, Tone: brief.Bad}}}}}, brief.Code{Title: evil, Text: evil}}},
			{ID: "two", Title: "two", Parts: []brief.Part{
				&brief.Forest{Head: head("forest", true), Axis: brief.Linear("", -0.1, 0.2, 6, word), Bars: true, Rows: []brief.Stem{{Name: evil, Text: evil, Tone: brief.Good, At: 0.1, Low: 0.05, High: 0.15, Limit: 0.05, Limited: true}}},
				&brief.Heat{Head: head("heat", true), Across: evil, Down: evil, Columns: []string{"1", evil}, Rows: []string{evil}, Squares: [][]brief.Square{{{Known: true, Level: 1, Text: evil, Tip: evil, Plateau: true, Marks: []string{"best"}}, {}}}, Least: evil, Most: evil},
				&brief.Table{}}}}}
}

func drawn(t *testing.T, b *brief.Brief) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Brief(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBriefEscapes: names from files and targets stay text wherever they stand.
func TestBriefEscapes(t *testing.T) {
	page := string(drawn(t, whole()))
	for _, bad := range []string{"<script>alert", "<img", `title"><`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if m := inlineStyle.FindString(page); m != "" {
		t.Errorf("an inline style: %s", m)
	}
}

// TestEmptyBrief: a document of nothing is a page all the same.
func TestEmptyBrief(t *testing.T) {
	b := &brief.Brief{Sections: []brief.Section{{Parts: []brief.Part{&brief.Plot{}, &brief.Forest{}, &brief.Heat{}, &brief.Table{}, brief.Code{}, brief.Text(""), brief.Notes(nil)}}}}
	if page := drawn(t, b); bytes.Contains(page, []byte("NaN")) {
		t.Error("a number that is none")
	}
}

// TestNarrowChartsStandSideBySide: two that follow each other share a row, a wide one does not.
func TestNarrowChartsStandSideBySide(t *testing.T) {
	all := pieces(whole().Sections[0].Parts)
	var rows []int
	for _, p := range all {
		if len(p.Charts) > 0 {
			rows = append(rows, len(p.Charts))
		}
	}
	if len(rows) != 2 || rows[0] != 2 || rows[1] != 1 {
		t.Errorf("charts in rows of %v", rows)
	}
}
