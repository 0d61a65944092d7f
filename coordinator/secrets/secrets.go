// Package secrets takes secrets out of what people are told: errors that quote what a program
// said end up in reports, annotations and job logs that many read. It knows a secret by its
// value, as it stands and as URLs and JSON spell it, and by where it stands, as in a URL
// with a user or a password. The package refuses to find a secret that was changed otherwise before it
// was printed, such as to base64, and to read any environment by itself.
package secrets

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Instead stands where a secret was.
const Instead = "…"

// Long is the least length of a value that is taken for a secret by its name alone: shorter
// ones are words such as "true", and would spoil messages.
const Long = 6

// A Redactor knows secrets. It is safe for concurrent use once it has learnt all.
type Redactor struct {
	values []string // longest first, so that none is left in half
	like   []*regexp.Regexp
}

// New is one that knows no value yet, only what stands where secrets do.
func New() *Redactor {
	return &Redactor{like: []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/\s@]*:[^/\s@]*(@)`),
		regexp.MustCompile(`(://)[^/?#\s@:"'<>,;]+(@)`), // a token in place of a user, as git and registries take it
		regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[^\s"']+()`),
		regexp.MustCompile(`(?i)([\w-]*(?:passw|secret|token|api[_-]?key|credential)[\w-]*["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)()`),
	}}
}

// Learn takes a secret, and the lines of one that has several, such as a key. What is shorter
// than least bytes is left.
func (r *Redactor) Learn(value string, least int) {
	for _, line := range append(strings.Split(value, "\n"), value) {
		if line = strings.TrimSpace(line); len(line) >= max(least, 1) {
			r.values = append(r.values, spellings(line)...)
		}
	}
	slices.SortFunc(r.values, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	r.values = slices.Compact(r.values)
}

// LearnEnviron takes from NAME=value what is called like a secret, and all of the names that
// are given.
func (r *Redactor) LearnEnviron(environ, names []string) {
	for _, one := range environ {
		name, value, _ := strings.Cut(one, "=")
		switch {
		case slices.Contains(names, name):
			r.Learn(value, 1)
		case Named(name):
			r.Learn(value, Long)
		}
	}
}

// spellings are a value as it stands, and as parts of URLs and JSON have it.
func spellings(value string) []string {
	query := url.QueryEscape(value)
	all := []string{value, query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(value)}
	for _, html := range []bool{false, true} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if err := e.Encode(value); err == nil {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`))
		}
	}
	return all
}

// Named says whether a name is that of a secret.
func Named(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"pass", "secret", "token", "key", "credential", "auth", "dsn", "database_url"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// Text is text without secrets.
func (r *Redactor) Text(text string) string {
	for _, v := range r.values {
		text = strings.ReplaceAll(text, v, Instead)
	}
	for _, like := range r.like {
		text = like.ReplaceAllString(text, "${1}"+Instead+"${2}")
	}
	return text
}
