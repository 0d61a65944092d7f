package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/loadctl/loadctl/reports/brief"
)

// maxMarkdownRows bounds a table: what shows Markdown drops a page that is too large.
const maxMarkdownRows = 400

// Markdown writes a document of answers for what CI shows beside a build: one line of
// verdict, tables, and details to unfold. Charts are the report's.
func Markdown(w io.Writer, b *brief.Brief, report string) error {
	m := &markdown{}
	m.para("## %s %s: %s", b.Verdict.Tone.Sign(), escape(b.Verdict.Word), escape(b.Title))
	m.para("%s", "**"+escape(b.Verdict.Line)+"**")
	m.facts(b.Meta)
	m.para("%s", paragraph(b.Lead))
	m.notes(b.Notes)
	m.figures(b.Figures)
	for _, s := range b.Sections {
		m.section(s)
	}
	if report != "" {
		m.para("Report: %s", code(report))
	}
	if b.Result != "" {
		m.para("%s", code(b.Result))
	}
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct{ strings.Builder }

func (m *markdown) para(format string, args ...any) {
	if text := strings.TrimSpace(fmt.Sprintf(format, args...)); text != "" {
		m.WriteString(text + "\n\n")
	}
}

func (m *markdown) facts(facts []brief.Fact) {
	var words []string
	for _, f := range facts {
		words = append(words, strings.TrimSpace(escape(f.Name)+" "+escape(f.Value)))
	}
	m.para("%s", strings.Join(words, " · "))
}

func (m *markdown) notes(notes []brief.Note) {
	for _, n := range notes {
		m.WriteString("- " + n.Tone.Sign() + " " + escape(n.Text) + "\n")
	}
	if len(notes) > 0 {
		m.WriteString("\n")
	}
}

func (m *markdown) figures(all []brief.Figure) {
	if len(all) == 0 {
		return
	}
	m.WriteString("| figure | value | meaning |\n|:--|:--|:--|\n")
	for _, f := range all {
		fmt.Fprintf(m, "| %s | **%s** | %s |\n", escape(f.Label), escape(strings.TrimSpace(f.Value+" "+f.Unit)), escape(f.Meaning))
	}
	m.WriteString("\n")
}

func (m *markdown) section(s brief.Section) {
	body := &markdown{}
	for _, part := range s.Parts {
		body.part(part)
	}
	switch {
	case body.Len() == 0:
	case s.Detail:
		m.WriteString("<details><summary>" + escape(s.Title) + "</summary>\n\n" + body.String() + "</details>\n\n")
	default:
		m.WriteString("### " + escape(s.Title) + "\n\n" + body.String())
	}
}

func (m *markdown) part(part brief.Part) {
	switch part := part.(type) {
	case brief.Text:
		m.para("%s", paragraph(string(part)))
	case brief.Notes:
		m.notes(part)
	case brief.Code:
		m.fenced(part)
	case *brief.Table:
		m.table(part)
	}
}

// fenced sets text word for word, within a fence that is longer than any in it.
func (m *markdown) fenced(c brief.Code) {
	fence := "```"
	for strings.Contains(c.Text, fence) {
		fence += "`"
	}
	if c.Title != "" {
		m.para("%s", escape(c.Title)+":")
	}
	m.WriteString(fence + "\n" + strings.TrimRight(visible(c.Text), "\n") + "\n" + fence + "\n\n")
}

func (m *markdown) table(t *brief.Table) {
	if len(t.Rows) == 0 {
		m.para("Nothing.")
		return
	}
	names, rule := "|", "|"
	for _, c := range t.Columns {
		names += " " + escape(c.Name) + " |"
		if c.Right {
			rule += "--:|"
		} else {
			rule += ":--|"
		}
	}
	m.WriteString(names + "\n" + rule + "\n")
	for _, r := range t.Rows[:min(len(t.Rows), maxMarkdownRows)] {
		line := "|"
		for i := range t.Columns {
			line += " " + cellMarkdown(r.Cells, i) + " |"
		}
		m.WriteString(line + "\n")
	}
	m.WriteString("\n")
	if more := len(t.Rows) - maxMarkdownRows; more > 0 {
		m.para("… and %d more in the report.", more)
	}
}

func cellMarkdown(cells []brief.Cell, i int) string {
	switch {
	case i >= len(cells) || cells[i].Text == "":
		return ""
	case cells[i].Code:
		return code(cells[i].Text)
	case cells[i].Tone != brief.Plain:
		return cells[i].Tone.Sign() + " " + escape(cells[i].Text)
	}
	return escape(cells[i].Text)
}

// code is a word as people type it.
func code(s string) string { return "<code>" + escape(s) + "</code>" }

// markup takes the characters that mean something in Markdown wherever they stand.
var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "\\|", "\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "~", "\\~", "$", "\\$")

// escape makes text of any text: nothing in it is markup, and it stays on its line.
func escape(s string) string {
	return markup.Replace(strings.TrimSpace(oneLine(s)))
}

// paragraph is text that begins a line, where some characters mean more.
func paragraph(s string) string {
	s = escape(s)
	if s != "" && strings.ContainsRune("#-+=", rune(s[0])) {
		return "\\" + s
	}
	return s
}

// visible keeps line ends and tabs, and takes other control characters out.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
			return -1
		}
		return r
	}, s)
}
