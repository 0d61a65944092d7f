package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/loadctl/loadctl/target/knobs"
)

// A Mistake is one thing that is wrong in a file, with its place (from 1).
type Mistake struct {
	Line, Col int
	Text      string // with its hint in parentheses, if there is one
}

// Mistakes are all of a file, in order of place.
type Mistakes struct {
	File string
	All  []Mistake
}

// Error has one line a mistake: file:line:col: text.
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.All))
	for i, one := range m.All {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", m.File, one.Line, one.Col, one.Text)
	}
	return strings.Join(lines, "\n")
}

// most bounds what is printed of a hopeless file.
const most = 50

func (t *Topology) at(n *yaml.Node, text string, args ...any) {
	line, col := 1, 1
	if n != nil {
		line, col = max(n.Line, 1), max(n.Column, 1)
	}
	m := Mistake{line, col, fmt.Sprintf(text, args...)}
	if len(t.mistakes) < most && !slices.Contains(t.mistakes, m) {
		t.mistakes = append(t.mistakes, m)
	}
}

// Fault notes what somebody else found wrong with a field, at its place or the nearest
// that the file has. A field that could not be read has been told already.
func (t *Topology) Fault(field, text string, args ...any) {
	if !t.isWrong(field) {
		t.at(t.nearest(field), "%s: %s", field, fmt.Sprintf(text, args...))
	}
}

// isWrong says that a field of the file could not be read, so that its value is a default.
func (t *Topology) isWrong(field string) bool {
	n := t.places[field]
	return n != nil && slices.ContainsFunc(t.mistakes, func(m Mistake) bool { return m.Line == n.Line && m.Col == n.Column })
}

// Add puts mistakes of a part's own reader among the others.
func (t *Topology) Add(line, col int, text string) {
	t.at(&yaml.Node{Line: line, Column: col}, "%s", text)
}

func (t *Topology) nearest(field string) *yaml.Node {
	for field != "" {
		if n := t.places[field]; n != nil {
			return n
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
	return t.root
}

// Err is all that was found wrong, as *Mistakes, or nil.
func (t *Topology) Err() error {
	if len(t.mistakes) == 0 {
		return nil
	}
	all := slices.Clone(t.mistakes)
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) })
	return &Mistakes{t.file, all}
}

func meant(got string, words []string) string { return knobs.Meant(got, words) }
