package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Mistake is one thing wrong in a file, with its place (from 1).
type Mistake struct {
	Line, Col int
	Text      string
	Hint      string // such as `did you mean "target"?`, or ""
}

// Errors are all the mistakes of a file, in order of place.
type Errors struct {
	File     string
	Mistakes []Mistake
	Source   []byte // of the file, for excerpts
}

// Add puts mistakes that were found elsewhere among them.
func (e *Errors) Add(mistakes []Mistake) {
	e.Mistakes = InOrder(append(e.Mistakes, mistakes...))
}

// InOrder sorts mistakes by place.
func InOrder(mistakes []Mistake) []Mistake {
	slices.SortStableFunc(mistakes, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return mistakes
}

// Error has one line a mistake: file:line:col: text (hint).
func (e *Errors) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i := range e.Mistakes {
		lines[i] = e.line(&e.Mistakes[i])
	}
	return strings.Join(lines, "\n")
}

func (e *Errors) line(m *Mistake) string {
	hint := ""
	if m.Hint != "" {
		hint = " (" + m.Hint + ")"
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", e.File, m.Line, m.Col, m.Text, hint)
}

// Excerpts is Error with the line of the file under each mistake and a caret at
// its column, for people.
func (e *Errors) Excerpts() string {
	source := strings.Split(string(e.Source), "\n")
	var b strings.Builder
	for i := range e.Mistakes {
		m := &e.Mistakes[i]
		b.WriteString(e.line(m) + "\n")
		if m.Line >= 1 && m.Line <= len(source) {
			writeExcerpt(&b, m, strings.TrimRight(source[m.Line-1], "\r"))
		}
	}
	return b.String()
}

// maxExcerpt bounds the excerpt of a line, which may be a file's whole megabyte.
const maxExcerpt = 160

func writeExcerpt(b *strings.Builder, m *Mistake, text string) {
	runes := []rune(strings.ReplaceAll(text, "\t", " "))
	runes = runes[:min(len(runes), maxExcerpt)]
	fmt.Fprintf(b, "%5d | %s\n", m.Line, string(runes))
	if m.Col >= 1 && m.Col <= len(runes)+1 {
		fmt.Fprintf(b, "      | %s^\n", strings.Repeat(" ", m.Col-1))
	}
}
