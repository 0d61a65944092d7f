package scenarios

import (
	"slices"
	"strings"
)

// framing headers are written by loadctl alone: a wrong one would make the rest of
// the connection unreadable.
var framing = []string{"content-length", "transfer-encoding", "expect", "upgrade", "te", "trailer"}

func (p *parser) headers(n *node) []Header {
	var list []Header
	for _, e := range p.entries(n, "headers") {
		value, ok := p.headerValue(e)
		switch {
		case !ok:
		case !isToken(e.Name):
			p.wrong(e.Key, "headers: %q cannot be the name of a header", shorten(e.Name))
		case slices.Contains(framing, strings.ToLower(e.Name)):
			p.hinted(e.Key, framingHint(e.Name), "headers: %s is set by loadctl and cannot be given", e.Name)
		case indexHeader(list, e.Name) >= 0:
			p.wrong(e.Key, "headers: %s is given twice", e.Name)
		case !value.all(goodValue):
			p.wrong(e.Value, "header %s: line breaks and control characters cannot be sent", e.Name)
		default:
			list = append(list, Header{Name: e.Name, Value: value})
		}
	}
	return list
}

func framingHint(name string) string {
	if strings.EqualFold(name, expectHeader) {
		return "use expect_continue: true"
	}
	return ""
}

func (p *parser) headerValue(e entry) (t *Template, ok bool) {
	read := func() { t, ok = p.template(e.Value, "header "+e.Name) }
	if isSecretHeader(e.Name) {
		p.hiding(read)
	} else {
		read()
	}
	return t, ok
}

// isToken says whether text is a token of RFC 9110.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return text != ""
}

// goodValue says whether text can stand in a header: no line break, no control
// character but tab.
func goodValue(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// mergeHeaders gives first, and of defaults those that first does not have.
func mergeHeaders(first, defaults []Header) []Header {
	merged := slices.Clone(first)
	for _, h := range defaults {
		if indexHeader(first, h.Name) < 0 {
			merged = append(merged, h)
		}
	}
	return merged
}

func indexHeader(list []Header, name string) int {
	return slices.IndexFunc(list, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}
