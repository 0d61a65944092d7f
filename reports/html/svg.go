package html

import (
	"html"
	"math"
	"strconv"
	"strings"
)

// An svg is markup growing element by element.
type svg struct{ strings.Builder }

// num rounds to a tenth of a pixel.
func num(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	s := strconv.FormatFloat(f, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// el writes an empty element; attrs are names and values in turn, and an empty
// value leaves its attribute out.
func (s *svg) el(name string, attrs ...string) { s.tag(name, "/>", attrs) }

// open writes a start tag.
func (s *svg) open(name string, attrs ...string) { s.tag(name, ">", attrs) }

func (s *svg) tag(name, end string, attrs []string) {
	s.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			s.WriteString(" " + attrs[i] + `="` + html.EscapeString(attrs[i+1]) + `"`)
		}
	}
	s.WriteString(end)
}

func (s *svg) close(name string) { s.WriteString("</" + name + ">") }

// text writes words at a place; anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, class, words string, attrs ...string) {
	s.open("text", append([]string{"x", num(x), "y", num(y), "text-anchor", anchor, "class", class, "fill", ink(class), "font-size", size(class), "font-family", fonts}, attrs...)...)
	s.WriteString(html.EscapeString(words))
	s.close("text")
}

const fonts = "system-ui, sans-serif"

// ink and size are what texts look like where the style sheet is not allowed.
func ink(class string) string {
	if class == "strong" {
		return "#1b1f24"
	}
	return "#57606a"
}

func size(class string) string {
	if class == "strong" {
		return "12"
	}
	return "11"
}

// title names an element for pointers and screen readers.
func (s *svg) title(words string) {
	s.open("title")
	s.WriteString(html.EscapeString(words))
	s.close("title")
}
