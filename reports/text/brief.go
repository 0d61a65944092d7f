package text

import (
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loadctl/loadctl/reports/brief"
)

// BriefOptions say how a document of answers is written.
type BriefOptions struct {
	Color  bool
	Width  int    // of the terminal; 0 = 110
	Detail bool   // with what a summary leaves to the report
	Report string // path of the report, "" without one
}

func (o BriefOptions) width() int {
	if o.Width <= 0 {
		return 110
	}
	return max(o.Width, 40)
}

// Brief writes a document of answers for a terminal: the verdict first, then what it rests
// on. Charts are the report's. The line that programs look for is not in it.
func Brief(w io.Writer, b *brief.Brief, o BriefOptions) error {
	p := &briefWriter{page{color: o.Color}, o}
	p.head(b)
	p.wrapped("  ", b.Lead)
	p.notes("  ", b.Notes)
	p.figures(b.Figures)
	for _, s := range b.Sections {
		if o.Detail || !s.Detail {
			p.section(s)
		}
	}
	if o.Report != "" {
		p.line("")
		p.field("report", o.Report)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// BriefResult writes the line that programs look for; it is the last one.
func BriefResult(w io.Writer, b *brief.Brief) error {
	_, err := io.WriteString(w, oneLine(b.Result)+"\n")
	return err
}

// Trial writes one line of a search that goes on, at its moment, for logs and pipes.
func Trial(w io.Writer, at time.Time, line string) error {
	_, err := io.WriteString(w, at.Format("15:04:05 ")+oneLine(line)+"\n")
	return err
}

type briefWriter struct {
	page
	o BriefOptions
}

func toneColor(t brief.Tone) string {
	switch t {
	case brief.Good:
		return green
	case brief.Bad:
		return red
	}
	return yellow
}

// tinted is a text in the colour of its tone.
func (p *briefWriter) tinted(t brief.Tone, s string) string {
	return paint(p.color && t != brief.Plain, toneColor(t), s)
}

func (p *briefWriter) head(b *brief.Brief) {
	p.line("")
	p.line("  %s  %s", p.tinted(b.Verdict.Tone, b.Verdict.Tone.Sign()+" "+oneLine(b.Verdict.Word)), paint(p.color, bold, oneLine(b.Title)))
	p.wrapped("  ", b.Verdict.Line)
	var meta []string
	for _, f := range b.Meta {
		meta = append(meta, strings.TrimSpace(f.Name+" "+f.Value))
	}
	p.wrapped("  ", strings.Join(meta, " · "))
	p.line("")
}

func (p *briefWriter) wrapped(indent, text string) {
	for _, line := range wrap(oneLine(text), p.o.width()-utf8.RuneCountInString(indent)) {
		p.line("%s", indent+line)
	}
}

func (p *briefWriter) notes(indent string, notes []brief.Note) {
	for _, n := range notes {
		for i, line := range wrap(oneLine(n.Text), p.o.width()-len(indent)-2) {
			sign := " "
			if i == 0 {
				sign = p.tinted(n.Tone, n.Tone.Sign())
			}
			p.line("%s", indent+sign+" "+line)
		}
	}
}

// figures have their meaning beside them, or below where there is no room.
func (p *briefWriter) figures(all []brief.Figure) {
	p.line("")
	name, value := 0, 0
	for _, f := range all {
		name, value = max(name, utf8.RuneCountInString(f.Label)), max(value, utf8.RuneCountInString(figureText(f)))
	}
	value = min(value, 34)
	for _, f := range all {
		text := figureText(f)
		n := utf8.RuneCountInString(text)
		head := "  " + pad(oneLine(f.Label), name) + "  " + p.tinted(f.Tone, text)
		switch {
		case f.Meaning == "" && 4+name+n <= p.o.width():
			p.line("%s", head)
		case 6+name+max(n, value)+utf8.RuneCountInString(f.Meaning) <= p.o.width():
			p.line("%s", head+strings.Repeat(" ", max(value-n, 0))+"  "+oneLine(f.Meaning))
		case 4+name+n > p.o.width():
			p.line("  %s", oneLine(f.Label))
			p.wrapped("    ", text)
			p.wrapped("    ", f.Meaning)
		default:
			p.line("%s", head)
			p.wrapped(strings.Repeat(" ", name+4), f.Meaning)
		}
	}
}

func figureText(f brief.Figure) string {
	return oneLine(strings.TrimSpace(f.Value + " " + f.Unit))
}

func (p *briefWriter) section(s brief.Section) {
	shown := false
	for _, part := range s.Parts {
		if _, drawn := drawing(part); !drawn {
			shown = true
		}
	}
	if !shown {
		return
	}
	p.line("")
	p.line("  %s", paint(p.color, bold, oneLine(s.Title)))
	for _, part := range s.Parts {
		p.part(part)
	}
}

// drawing tells the parts that are charts.
func drawing(part brief.Part) (brief.Head, bool) {
	switch part := part.(type) {
	case *brief.Plot:
		return part.Head, true
	case *brief.Forest:
		return part.Head, true
	case *brief.Heat:
		return part.Head, true
	}
	return brief.Head{}, false
}

func (p *briefWriter) part(part brief.Part) {
	switch part := part.(type) {
	case brief.Text:
		p.wrapped("  ", string(part))
	case brief.Notes:
		p.notes("  ", part)
	case brief.Code:
		for line := range strings.Lines(part.Text) {
			p.line("    %s", oneLine(strings.TrimRight(line, "\r\n")))
		}
	case *brief.Table:
		p.grid(part)
	}
}

// wrap breaks a text into lines of at most width characters, between words where it can.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Split(strings.ReplaceAll(text, " %", noBreak+"%"), " ") {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case word == "":
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], noBreak, " ")
	}
	return lines
}

// noBreak stands for a space that no line ends at, until lines are made.
const noBreak = "\x00"
