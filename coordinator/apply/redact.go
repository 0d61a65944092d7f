package apply

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/tuning"
)

// A redactor takes secrets out of what people are told: values of environment variables
// that hooks use by ${env.NAME}, that the file names as secrets or that are named like
// ones, and what stands where passwords do.
type redactor struct {
	values []string // longest first, so that none is left in half
	like   []*regexp.Regexp
}

const instead = "…"

func newRedactor(f *tuning.File, environ []string) *redactor {
	r := &redactor{like: []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/\s@]*:[^/\s@]*(@)`),
		regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[^\s"']+()`),
		regexp.MustCompile(`(?i)([\w-]*(?:passw|secret|token|api[_-]?key|credential)[\w-]*["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)()`),
	}}
	named := slices.Concat(f.Env(), f.Secrets)
	for _, one := range environ {
		name, value, _ := strings.Cut(one, "=")
		switch {
		case slices.Contains(named, name):
			r.add(value, 1)
		case secretName(name):
			r.add(value, 6) // shorter ones are words such as "true", and would spoil messages
		}
	}
	r.sort()
	return r
}

// learn takes the secrets of an environment file.
func (r *redactor) learn(text []byte) {
	for _, line := range split(text) {
		if name, value, ok := strings.Cut(line, "="); ok && secretName(name) {
			r.add(unquoted(value), 6)
		}
	}
	r.sort()
}

func (r *redactor) sort() {
	slices.SortFunc(r.values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// add takes a secret, and the lines of one that has several, such as a key.
func (r *redactor) add(value string, least int) {
	for _, line := range append(strings.Split(value, "\n"), value) {
		if line = strings.TrimSpace(line); len(line) >= least {
			r.values = append(r.values, line)
		}
	}
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"pass", "secret", "token", "key", "credential", "auth", "dsn", "database_url"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

func (r *redactor) text(text string) string {
	for _, v := range r.values {
		text = strings.ReplaceAll(text, v, instead)
	}
	for _, like := range r.like {
		text = like.ReplaceAllString(text, "${1}"+instead+"${2}")
	}
	return text
}

// Bounds of what an error quotes.
const (
	mostLines  = 8
	mostQuoted = 1500
)

// tail is the end of what a step said, on one line.
func (r *redactor) tail(said string) string {
	lines := strings.Split(strings.TrimSpace(r.text(strings.ToValidUTF8(said, "�"))), "\n")
	lines = lines[max(0, len(lines)-mostLines):]
	for i := range lines {
		lines[i] = strings.TrimSpace(strings.Map(printable, lines[i]))
	}
	text := []rune(strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), " | "))
	if over := len(text) - mostQuoted; over > 0 {
		return instead + string(text[over:])
	}
	return string(text)
}

// printable keeps control characters, which terminals obey, out of messages.
func printable(c rune) rune {
	if c < ' ' && c != '\t' || c == 0x7f || 0x80 <= c && c < 0xa0 {
		return -1
	}
	return c
}
