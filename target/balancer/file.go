package balancer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxFile bounds a file that is written by hand.
const maxFile = 1 << 20

// A Mistake is one thing that is wrong in a file, with its place (from 1).
type Mistake struct {
	Line, Col int
	Text      string
	Hint      string // such as did you mean "backends"?, or ""
}

// Mistakes are all of a file, in order of place.
type Mistakes struct {
	File string
	All  []Mistake
}

// Error has one line a mistake: file:line:col: text (hint).
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.All))
	for i, one := range m.All {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", m.File, one.Line, one.Col, one.Text)
		if one.Hint != "" {
			lines[i] += " (" + one.Hint + ")"
		}
	}
	return strings.Join(lines, "\n")
}

// Read reads a file whose one key is balancer. file is its name in errors, which are
// Mistakes; those in the block itself come with Judge.
func Read(file string, src []byte) (*Block, error) {
	if len(src) > maxFile {
		return nil, &Mistakes{file, []Mistake{{Line: 1, Col: 1, Text: fmt.Sprintf("the file has %d bytes; at most %d are read", len(src), maxFile)}}}
	}
	var doc yaml.Node
	if err := load(src, &doc); err != nil && len(bytes.TrimSpace(src)) > 0 {
		return nil, &Mistakes{file, []Mistake{syntax(err)}}
	}
	if len(doc.Content) == 0 {
		return nil, &Mistakes{file, []Mistake{{Line: 1, Col: 1, Text: "the file is empty", Hint: "it needs a balancer: block"}}}
	}
	var top struct {
		Balancer *yaml.Node `yaml:"balancer"`
	}
	r := newReader()
	r.value(doc.Content[0], &top, "")
	if top.Balancer == nil {
		r.at(doc.Content[0], "", "the file has no balancer: block")
		return nil, &Mistakes{file, r.mistakes}
	}
	b := ReadBlock(file, top.Balancer)
	b.mistakes = append(r.mistakes, b.mistakes...)
	return b, nil
}

// load is yaml.Load; what would be a panic of the library is an error.
func load(src []byte, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be read: %v", p)
		}
	}()
	return yaml.Load(src, doc)
}

func syntax(err error) Mistake {
	if l, ok := errors.AsType[*yaml.LoadError](err); ok {
		return Mistake{Line: max(l.Mark.Line, 1), Col: max(l.Mark.Column, 1), Text: strings.TrimSpace(l.ContextMsg + " " + l.Message)}
	}
	return Mistake{Line: 1, Col: 1, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
}

// A Block is the balancer: part of a file, read and not yet judged: whoever reads
// it may still change what it says, and add backends that come from elsewhere.
type Block struct {
	Config   Config
	file     string
	places   map[string]*yaml.Node // by the names that problems have
	whole    *yaml.Node
	mistakes []Mistake
}

// ReadBlock reads the value of a balancer: key in a file of that name.
func ReadBlock(file string, n *yaml.Node) *Block {
	r := newReader()
	b := &Block{file: file, whole: n, places: r.places}
	r.value(n, &b.Config, "")
	b.mistakes = r.mistakes
	return b
}

// Judge says all that is wrong with the block and with cfg, what became of its
// Config, each at its place or the nearest that the file has: as *Mistakes, or nil.
func (b *Block) Judge(cfg Config) error {
	all := slices.Clone(b.mistakes)
	for _, p := range Problems(cfg.Validate()) {
		if b.known(p.Field) {
			continue
		}
		n := b.nearest(p.Field)
		all = append(all, Mistake{Line: max(n.Line, 1), Col: max(n.Column, 1), Text: p.Field + ": " + p.Text, Hint: p.Hint})
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) })
	return &Mistakes{b.file, all}
}

// known says that a value could not be read, so that it was not judged either.
func (b *Block) known(field string) bool {
	n := b.places[field]
	return n != nil && slices.ContainsFunc(b.mistakes, func(m Mistake) bool { return m.Line == n.Line && m.Col == n.Column })
}

func (b *Block) nearest(field string) *yaml.Node {
	for field != "" {
		if n := b.places[field]; n != nil {
			return n
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
	return b.whole
}

// Problems takes apart what Validate joined.
func Problems(err error) (all []*Problem) {
	if p, ok := err.(*Problem); ok { //nolint:errorlint // what Validate joins is not wrapped
		return []*Problem{p}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, Problems(e)...)
		}
	}
	return all
}
