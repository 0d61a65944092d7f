package document

import (
	"fmt"
	"slices"
	"strings"
)

// A Reader turns nodes into values and notes every mistake on the way. Its
// methods go on after a mistake, with a zero value, so that a file's mistakes are
// all found at once.
type Reader struct {
	Mistakes []Mistake
	Language
	visits int
}

// A Language says what ${…} in the text of a file means. The zero value is one without.
type Language struct {
	// Expand puts in what is known when the file is read; nil = nothing is. Not ok: what
	// was wrong is noted.
	Expand func(n *Node, text string) (string, bool)
	// Plain takes off the marks that Expand left; nil = there are none.
	Plain func(text string) string
	// Plainly names, for messages, what Expand puts in: "only ${vars.…}".
	Plainly string
}

func (l *Language) plain(text string) string {
	if l.Plain == nil {
		return text
	}
	return l.Plain(text)
}

// MaxMistakes bounds what is printed of a hopeless file.
const MaxMistakes = 50

// At notes a mistake at a place.
func (r *Reader) At(line, col int, hint, text string, args ...any) {
	m := Mistake{Line: line, Col: col, Text: fmt.Sprintf(text, args...), Hint: hint}
	if len(r.Mistakes) < MaxMistakes && !slices.Contains(r.Mistakes, m) {
		r.Mistakes = append(r.Mistakes, m)
	}
}

// Wrong notes a mistake at a node.
func (r *Reader) Wrong(n *Node, text string, args ...any) {
	r.Hinted(n, "", text, args...)
}

// Hinted notes a mistake with a way out of it.
func (r *Reader) Hinted(n *Node, hint, text string, args ...any) {
	line, col := 1, 1
	if n != nil {
		line, col = max(n.Line, 1), max(n.Column, 1)
	}
	r.At(line, col, hint, text, args...)
}

// Unknown notes a name that is not among those there are, with what was probably meant or
// else with all of them.
func (r *Reader) Unknown(n *Node, what, name string, there []string) {
	r.Hinted(n, Hint(name, there), "unknown %s %q", what, name)
}

// Follow gives the node an alias stands for. It gives nil once a file has been
// unfolded too far.
func (r *Reader) Follow(n *Node) *Node {
	for n != nil && n.Kind == aliasNode {
		n = n.Alias
	}
	if n == nil || r.Exhausted() {
		return nil
	}
	r.visits += 1 + len(n.Value)/256
	if r.Exhausted() {
		r.Wrong(n, "the file has too many values, or its aliases unfold without end")
		return nil
	}
	return n
}

// Exhausted says that no more is read, so that what is missing means nothing.
func (r *Reader) Exhausted() bool { return r.visits > maxNodes }

// Present is Follow, with null taken as nothing.
func (r *Reader) Present(n *Node) *Node {
	if n = r.Follow(n); n == nil || IsNull(n) {
		return nil
	}
	return n
}

// IsNull says that nothing is written where a value could be.
func IsNull(n *Node) bool { return n.Kind == ScalarNode && n.ShortTag() == "!!null" }

// Describe says what a node is, for messages.
func Describe(n *Node) string {
	switch {
	case n.Kind == MappingNode:
		return "a mapping"
	case n.Kind == SequenceNode:
		return "a list"
	case IsNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", Shorten(n.Value))
}

// Shorten is text of the file as messages have it.
func Shorten(text string) string {
	if len(text) <= 60 {
		return text
	}
	return strings.ToValidUTF8(text[:60], "") + "…"
}

// List gives the items of a list; a nil node has none.
func (r *Reader) List(n *Node, what string) []*Node {
	if n = r.Present(n); n == nil {
		return nil
	}
	if n.Kind != SequenceNode {
		r.Wrong(n, "%s must be a list, got %s", what, Describe(n))
		return nil
	}
	return n.Content
}

// An Entry is a key of a mapping with its value.
type Entry struct {
	Name       string
	Key, Value *Node
}

// Mapping gives the keys of a mapping in file order, with what "<<" merges in
// behind its own.
func (r *Reader) Mapping(n *Node, what string) []Entry {
	if n = r.Present(n); n == nil {
		return nil
	}
	if n.Kind != MappingNode {
		r.Wrong(n, "%s must be a mapping of keys to values, got %s", what, Describe(n))
		return nil
	}
	return r.mapping(n, what, 0)
}

func (r *Reader) mapping(n *Node, what string, depth int) []Entry {
	var own, merged []Entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := r.Follow(n.Content[i]), n.Content[i+1]
		switch {
		case key == nil:
			return own
		case key.Kind != ScalarNode:
			r.Wrong(key, "a key of %s must be text, got %s", what, Describe(key))
		case key.ShortTag() == "!!merge":
			merged = append(merged, r.merge(value, what, depth)...)
		case HasName(own, key.Value):
			r.Wrong(key, "%q is given twice in %s", Shorten(key.Value), what)
		default:
			own = append(own, Entry{key.Value, key, value})
		}
	}
	for _, e := range merged {
		if !HasName(own, e.Name) {
			own = append(own, e)
		}
	}
	return own
}

// merge gives the entries of a "<<" value: a mapping, or a list of mappings of
// which earlier ones rule.
func (r *Reader) merge(n *Node, what string, depth int) []Entry {
	n = r.Follow(n)
	switch {
	case n == nil || depth > maxDepth:
		return nil
	case n.Kind == MappingNode:
		return r.mapping(n, what, depth+1)
	case n.Kind != SequenceNode:
		r.Wrong(n, "<< merges a mapping, got %s", Describe(n))
		return nil
	}
	var all []Entry
	for _, item := range n.Content {
		all = append(all, r.merge(item, what, depth+1)...)
	}
	return all
}

// HasName says whether a key is among the entries.
func HasName(entries []Entry, name string) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == name })
}
