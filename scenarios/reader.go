package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// A reader turns nodes into values and notes every mistake on the way. Its
// methods go on after a mistake, with a zero value, so that a file's mistakes are
// all found at once.
type reader struct {
	mistakes []Mistake
	vars     map[string]string
	noting   func(name string) // of each variable that is used; nil = nobody
	hidden   bool              // what is read is a secret, and not for messages
	visits   int
}

// maxMistakes bounds what is printed of a hopeless file.
const maxMistakes = 50

func (r *reader) at(line, col int, hint, text string, args ...any) {
	m := Mistake{Line: line, Col: col, Text: fmt.Sprintf(text, args...), Hint: hint}
	if len(r.mistakes) < maxMistakes && !slices.Contains(r.mistakes, m) {
		r.mistakes = append(r.mistakes, m)
	}
}

// wrong notes a mistake at a node.
func (r *reader) wrong(n *node, text string, args ...any) {
	r.hinted(n, "", text, args...)
}

// hinted notes a mistake with a way out of it.
func (r *reader) hinted(n *node, hint, text string, args ...any) {
	line, col := 1, 1
	if n != nil {
		line, col = max(n.Line, 1), max(n.Column, 1)
	}
	r.at(line, col, hint, text, args...)
}

// unknown notes a name that is not among those there are.
func (r *reader) unknown(n *node, what, name string, there []string) {
	r.hinted(n, ask(closest(name, there)), "unknown %s %q", what, name)
}

// follow gives the node an alias stands for. It gives nil once a file has been
// unfolded too far.
func (r *reader) follow(n *node) *node {
	for n != nil && n.Kind == aliasNode {
		n = n.Alias
	}
	if n == nil || r.exhausted() {
		return nil
	}
	r.visits += 1 + len(n.Value)/256
	if r.exhausted() {
		r.wrong(n, "the file has too many values, or its aliases unfold without end")
		return nil
	}
	return n
}

// exhausted says that no more is read, so that what is missing means nothing.
func (r *reader) exhausted() bool { return r.visits > maxNodes }

// present is follow, with null taken as nothing.
func (r *reader) present(n *node) *node {
	if n = r.follow(n); n == nil || isNull(n) {
		return nil
	}
	return n
}

func isNull(n *node) bool { return n.Kind == scalarNode && n.ShortTag() == "!!null" }

// describe says what a node is, for messages.
func describe(n *node) string {
	switch {
	case n.Kind == mappingNode:
		return "a mapping"
	case n.Kind == sequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", shorten(n.Value))
}

// shown is text of the file for a message, unless it is a secret.
func (r *reader) shown(text string) string {
	if r.hidden {
		return "…"
	}
	return shorten(unsealed(text))
}

func shorten(text string) string {
	if len(text) <= 60 {
		return text
	}
	return strings.ToValidUTF8(text[:60], "") + "…"
}

// list gives the items of a list; a nil node has none.
func (r *reader) list(n *node, what string) []*node {
	if n = r.present(n); n == nil {
		return nil
	}
	if n.Kind != sequenceNode {
		r.wrong(n, "%s must be a list, got %s", what, describe(n))
		return nil
	}
	return n.Content
}

// An entry is a key of a mapping with its value.
type entry struct {
	name       string
	key, value *node
}

// entries gives the keys of a mapping in file order, with what "<<" merges in
// behind its own.
func (r *reader) entries(n *node, what string) []entry {
	if n = r.present(n); n == nil {
		return nil
	}
	if n.Kind != mappingNode {
		r.wrong(n, "%s must be a mapping of keys to values, got %s", what, describe(n))
		return nil
	}
	return r.mapping(n, what, 0)
}

func (r *reader) mapping(n *node, what string, depth int) []entry {
	var own, merged []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := r.follow(n.Content[i]), n.Content[i+1]
		switch {
		case key == nil:
			return own
		case key.Kind != scalarNode:
			r.wrong(key, "a key of %s must be text, got %s", what, describe(key))
		case key.ShortTag() == "!!merge":
			merged = append(merged, r.merge(value, what, depth)...)
		case hasName(own, key.Value):
			r.wrong(key, "%q is given twice in %s", shorten(key.Value), what)
		default:
			own = append(own, entry{key.Value, key, value})
		}
	}
	for _, e := range merged {
		if !hasName(own, e.name) {
			own = append(own, e)
		}
	}
	return own
}

// merge gives the entries of a "<<" value: a mapping, or a list of mappings of
// which earlier ones rule.
func (r *reader) merge(n *node, what string, depth int) []entry {
	n = r.follow(n)
	switch {
	case n == nil || depth > maxDepth:
		return nil
	case n.Kind == mappingNode:
		return r.mapping(n, what, depth+1)
	case n.Kind != sequenceNode:
		r.wrong(n, "<< merges a mapping, got %s", describe(n))
		return nil
	}
	var all []entry
	for _, item := range n.Content {
		all = append(all, r.merge(item, what, depth+1)...)
	}
	return all
}

func hasName(entries []entry, name string) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return e.name == name })
}
