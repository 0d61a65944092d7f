package document

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Bounds of a file. A scenario is written by hand; what is larger is a mistake or
// an attack, such as aliases of aliases that unfold without end.
const (
	maxFile  = 1 << 20
	maxNodes = 100_000 // visited, aliases unfolded
	maxDepth = 50      // of what << merges
)

// Load reads a file into nodes that know their places. It returns nil when that is
// not possible, and the mistake is noted.
func (r *Reader) Load(src []byte) *Node {
	if len(src) > maxFile {
		r.At(1, 1, "", "the file has %d bytes; at most %d are read", len(src), maxFile)
		return nil
	}
	if !r.isText(src) {
		return nil
	}
	var document yaml.Node
	if err := decode(mask(src), &document); err != nil {
		r.syntax(err, src)
		return nil
	}
	if len(document.Content) == 0 {
		r.empty()
		return nil
	}
	unmask(&document, 0)
	return document.Content[0]
}

func (r *Reader) empty() { r.At(1, 1, "", "the file is empty") }

// decode is yaml.Load; what would be a panic of the library is an error.
func decode(src []byte, document *Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be read: %v", p)
		}
	}()
	return yaml.Load(src, document)
}

// isText finds the first byte that cannot be in a YAML file: the library names
// no place for these.
func (r *Reader) isText(src []byte) bool {
	line, col := 1, 1
	for i := 0; i < len(src); {
		c, size := utf8.DecodeRune(src[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			r.At(line, col, "", "not UTF-8")
			return false
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f:
			r.At(line, col, "", "control character U+%04X", c)
			return false
		}
		col++
		if c == '\n' {
			line, col = line+1, 1
		}
		i += size
	}
	return true
}

// syntax notes a mistake of YAML itself. Only the first is known: what follows it
// cannot be read.
func (r *Reader) syntax(err error, src []byte) {
	if strings.HasSuffix(err.Error(), "no documents in stream") {
		r.empty()
		return
	}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		r.At(1, 1, "", "%s", plainError(err.Error()))
		return
	}
	text := load.Message
	if load.ContextMsg != "" {
		text = load.ContextMsg + ": " + text
	}
	line, col := max(load.Mark.Line, 1), max(load.Mark.Column, 1)
	r.At(line, col, syntaxHint(src, line, text), "%s", plainError(text))
}

func plainError(text string) string { return strings.TrimPrefix(text, "yaml: ") }

func syntaxHint(src []byte, line int, problem string) string {
	lines := strings.Split(string(src), "\n")
	if line > len(lines) {
		return ""
	}
	text := strings.TrimLeft(lines[line-1], " ")
	switch {
	case strings.HasPrefix(text, "\t"):
		return "indent with spaces, not tabs"
	case strings.HasPrefix(problem, "mapping values"):
		return `text that holds ": " needs quotes`
	}
	return ""
}

// In {flow: mappings} YAML would take the braces and commas of ${rand.int(1, 5)}
// for its own. They are masked by private characters while YAML is read, one for
// one, so that columns stay true.
const (
	maskOpen  = '\uF8E0'
	maskClose = '\uF8E1'
	maskComma = '\uF8E2'
)

var masks = strings.NewReplacer("{", string(maskOpen), "}", string(maskClose), ",", string(maskComma))

var unmasks = strings.NewReplacer(string(maskOpen), "{", string(maskClose), "}", string(maskComma), ",")

func mask(src []byte) []byte {
	var b strings.Builder
	for line := range strings.Lines(string(src)) {
		maskLine(&b, line)
	}
	return []byte(b.String())
}

// maskLine masks each ${…} of a line with the ${…} inside it; of one that is not closed on the line, the ${ alone.
func maskLine(b *strings.Builder, line string) {
	var ends map[int]int
	if strings.Contains(line, "${") {
		ends = closings(line)
	}
	done := 0
	for {
		next := strings.Index(line[done:], "${")
		if next < 0 {
			break
		}
		at := done + next
		end, closed := ends[at+1]
		if !closed {
			end = at + 2
		}
		b.WriteString(line[done:at])
		b.WriteString(masks.Replace(line[at:end]))
		done = end
	}
	b.WriteString(line[done:])
}

// closings are, by the place of each { of a line that is closed on it, the place after its }. All are found in one
// pass: a line of a megabyte may have nothing but ${, and to look for the end of each would take minutes.
func closings(line string) map[int]int {
	ends := map[int]int{}
	var open []int
	for i := range len(line) {
		switch last := len(open) - 1; {
		case line[i] == '{':
			open = append(open, i)
		case line[i] == '}' && last >= 0:
			ends[open[last]] = i + 1
			open = open[:last]
		}
	}
	return ends
}

func unmask(n *Node, depth int) {
	if depth > 10_000 {
		return
	}
	n.Value = unmasks.Replace(n.Value)
	for _, c := range n.Content {
		unmask(c, depth+1)
	}
}

// A Node is a value of a file with its place.
type Node = yaml.Node

// The library's words for its kinds.
const (
	MappingNode  = yaml.MappingNode
	SequenceNode = yaml.SequenceNode
	ScalarNode   = yaml.ScalarNode
	aliasNode    = yaml.AliasNode
)

// Quoted is the style of a value that stands in quotes.
const Quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
