package scenarios

import (
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// A reader is document.Reader with the variables of a scenario: ${vars.x} is put in
// wherever text is read.
type reader struct {
	doc    document.Reader
	vars   map[string]string
	noting func(name string) // of each variable that is used; nil = nobody
	hidden bool              // what is read is a secret, and not for messages
}

// speak gives the document the language of scenarios.
func (r *reader) speak() {
	r.doc.Language = document.Language{Expand: r.expandVars, Plain: unsealed, Plainly: "only ${vars.…}"}
}

// The words of document, as this package's parsers say them.
type (
	node  = document.Node
	entry = document.Entry
)

const (
	mappingNode  = document.MappingNode
	sequenceNode = document.SequenceNode
	scalarNode   = document.ScalarNode

	maxDuration = document.MaxDuration
	maxDepth    = 50 // of a json: body
)

func shorten(text string) string                           { return document.Shorten(text) }
func hasName(entries []entry, name string) bool            { return document.HasName(entries, name) }
func closest(name string, candidates []string) string      { return document.Closest(name, candidates) }
func ask(near string) string                               { return document.Ask(near) }
func parseNumber(text string) (float64, bool)              { return document.Number(text) }
func (r *reader) mistakes() int                            { return len(r.doc.Mistakes) }
func (r *reader) load(src []byte) *node                    { return r.doc.Load(src) }
func (r *reader) follow(n *node) *node                     { return r.doc.Follow(n) }
func (r *reader) present(n *node) *node                    { return r.doc.Present(n) }
func (r *reader) list(n *node, what string) []*node        { return r.doc.List(n, what) }
func (r *reader) entries(n *node, what string) []entry     { return r.doc.Mapping(n, what) }
func (r *reader) brief(n *node, what, eg string) *node     { return r.doc.Brief(n, what, eg) }
func (r *reader) wrong(n *node, text string, a ...any)     { r.doc.Wrong(n, text, a...) }
func (r *reader) hinted(n *node, hint, t string, a ...any) { r.doc.Hinted(n, hint, t, a...) }
func (r *reader) at(line, col int, hint, text string, a ...any) {
	r.doc.At(line, col, hint, text, a...)
}
func (r *reader) unknown(n *node, what, name string, there []string) {
	r.doc.Unknown(n, what, name, there)
}
func (r *reader) scalar(n *node, what string) (string, bool) { return r.doc.Scalar(n, what) }
func (r *reader) text(n *node, what string) (string, bool)   { return r.doc.Text(n, what) }
func (r *reader) flag(n *node, what string) (bool, bool)     { return r.doc.Flag(n, what) }
func (r *reader) duration(n *node, what string, least time.Duration) (time.Duration, bool) {
	return r.doc.Duration(n, what, least)
}

// shown is text of the file for a message, unless it is a secret.
func (r *reader) shown(text string) string {
	if r.hidden {
		return "…"
	}
	return shorten(unsealed(text))
}
