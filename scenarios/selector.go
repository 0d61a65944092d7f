package scenarios

import (
	"fmt"
	"strings"
)

// A Selector picks series of a Prometheus endpoint: NAME, NAME{label=VALUE, …} or
// sum(…) of either, where * stands for any text and ? for one character.
type Selector struct {
	Name   string
	Labels []LabelPattern
	Sum    bool // what is picked is added up by name
}

// A LabelPattern is a claim about one label.
type LabelPattern struct{ Label, Pattern string }

// ParseSelector reads a selector.
func ParseSelector(text string) (Selector, error) {
	var s Selector
	rest := strings.TrimSpace(text)
	if inner, summed := strings.CutPrefix(rest, "sum("); summed {
		if rest, s.Sum = strings.CutSuffix(inner, ")"); !s.Sum {
			return s, fmt.Errorf("sum( is not closed")
		}
		rest = strings.TrimSpace(rest)
	}
	name, labels, has := strings.Cut(rest, "{")
	s.Name = strings.TrimSpace(name)
	if !isPattern(s.Name) {
		return s, fmt.Errorf("%q is no name of a metric (letters, digits, _ and :, with * and ?)", shorten(s.Name))
	}
	if !has {
		return s, nil
	}
	inner, closed := strings.CutSuffix(strings.TrimSpace(labels), "}")
	if !closed {
		return s, fmt.Errorf("{ is not closed")
	}
	return s, s.labels(inner)
}

func (s *Selector) labels(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		label, value, has := strings.Cut(part, "=")
		label, value = strings.TrimSpace(label), strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case strings.TrimSpace(part) == "":
		case !has || !isPattern(label) || strings.ContainsAny(label, "*?:"):
			return fmt.Errorf("%q is not label=value", shorten(strings.TrimSpace(part)))
		case strings.HasPrefix(value, "~"):
			return fmt.Errorf("%s: there are no regular expressions here, only * and ?", label)
		default:
			s.Labels = append(s.Labels, LabelPattern{label, value})
		}
	}
	return nil
}

// isPattern says whether text is a name of a metric with wildcards.
func isPattern(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("_:*?", rune(c)) {
			return false
		}
	}
	return text != ""
}

// Picks says whether a series is picked.
func (s *Selector) Picks(name string, label func(string) string) bool {
	if !matches(s.Name, name) {
		return false
	}
	for _, l := range s.Labels {
		if !matches(l.Pattern, label(l.Label)) {
			return false
		}
	}
	return true
}

// matches holds text against a pattern in time linear in both for each *: the last one
// is retried alone.
func matches(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
