package secrets

import (
	"slices"
	"strings"
)

// Bounds of a quotation on one line.
const (
	mostLines  = 8
	mostQuoted = 1500
)

// Line is the end of what a program said, on one line, without secrets and without what
// terminals obey.
func (r *Redactor) Line(said string) string {
	lines := strings.Split(r.Lines(said), "\n")
	lines = lines[max(0, len(lines)-mostLines):]
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	text := []rune(strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), " | "))
	if over := len(text) - mostQuoted; over > 0 {
		return Instead + string(text[over:])
	}
	return string(text)
}

// Lines is what a program said, its lines as they are, without secrets and without what
// terminals obey.
func (r *Redactor) Lines(said string) string {
	return strings.TrimSpace(strings.Map(printable, r.Text(strings.ToValidUTF8(said, "�"))))
}

// printable keeps control characters, which terminals obey, out of messages.
func printable(c rune) rune {
	if c < ' ' && c != '\t' && c != '\n' || c == 0x7f || 0x80 <= c && c < 0xa0 {
		return -1
	}
	return c
}
