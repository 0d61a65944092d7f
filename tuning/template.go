package tuning

import (
	"slices"
	"strings"
)

// A Template is text with values in it:
//
//	${value}      of the parameter whose hook it is
//	${pool_size}  of any parameter, by its name
//	${env.NAME}   an environment variable, whose value no message shows
//	$${           the characters ${
type Template struct {
	text  string
	parts []part
}

// A part is literal text, or a name.
type part struct{ literal, name string }

// valueName is the parameter's own value.
const valueName = "value"

// envPrefix begins the name of an environment variable.
const envPrefix = "env."

// String is the template as written.
func (t Template) String() string { return t.text }

// Fill puts values in: of a parameter's name, "value", or "env.NAME". each changes a value
// before it stands in the text, such as for a URL; nil = nothing does.
func (t Template) Fill(value func(name string) string, each func(string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.name == "":
			b.WriteString(p.literal)
		case each == nil:
			b.WriteString(value(p.name))
		default:
			b.WriteString(each(value(p.name)))
		}
	}
	return b.String()
}

// Env names the environment variables in it.
func (t Template) Env() (names []string) {
	for _, p := range t.parts {
		if name, ok := strings.CutPrefix(p.name, envPrefix); ok {
			names = append(names, name)
		}
	}
	return names
}

// Env names the environment variables that hooks use by ${env.NAME}, sorted.
func (f *File) Env() []string {
	var names []string
	for _, h := range f.hooks() {
		for _, t := range h.templates() {
			names = append(names, t.Env()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// templates are all of a hook.
func (h *Hook) templates() (all []Template) {
	for _, p := range []*Program{h.Run, h.Restart, h.Restore} {
		if p != nil {
			all = append(all, p.Words...)
		}
	}
	if n := h.Node; n != nil {
		all = append(all, n.Target)
		if n.Setup != nil {
			all = append(all, n.Setup.Words...)
		}
	}
	if r := h.Request; r != nil {
		all = append(all, r.URL, r.Body)
		for _, header := range slices.Concat(r.Headers, r.Form) {
			all = append(all, header.Value)
		}
	}
	return all
}

// compile splits text, which may be wrong: then it says how.
func compile(text string) (t Template, wrong string) {
	t.text = text
	for {
		at := strings.Index(text, "${")
		switch {
		case at < 0:
			t.literal(text)
			return t, ""
		case at > 0 && text[at-1] == '$':
			t.literal(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		t.literal(text[:at])
		name, rest, closed := strings.Cut(text[at+2:], "}")
		if !closed {
			return t, "${ is not closed"
		}
		t.parts = append(t.parts, part{name: strings.TrimSpace(name)})
		text = rest
	}
}

func (t *Template) literal(text string) {
	if text != "" {
		t.parts = append(t.parts, part{literal: text})
	}
}
