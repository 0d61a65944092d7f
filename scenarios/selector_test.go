package scenarios

import (
	"strings"
	"testing"
)

func TestSelectorsPick(t *testing.T) {
	labels := map[string]string{"handler": "/items/{id}", "status": "503"}
	label := func(name string) string { return labels[name] }
	for text, want := range map[string]bool{
		"http_requests_total":             true,
		"http_*":                          true,
		"*total":                          true,
		"http_request?_total":             true,
		"http_requests":                   false,
		"http_requests_total{status=5??}": true,
		`http_requests_total{ status="503" , handler=/items/* }`: true,
		"http_requests_total{status=2??}":                        false,
		"http_requests_total{missing=}":                          true,
		"http_requests_total{missing=*}":                         true,
		"http_requests_total{missing=?}":                         false,
		"sum(http_requests_total{status=5??})":                   true,
	} {
		s, err := ParseSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.Picks("http_requests_total", label); got != want {
			t.Errorf("%s picks: %v", text, got)
		}
		if s.Sum != strings.HasPrefix(text, "sum") {
			t.Errorf("%s sums: %v", text, s.Sum)
		}
	}
}

func TestSelectorsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "no name of a metric",
		"a b":              "no name of a metric",
		"http_[a-z]*":      "no name of a metric",
		"sum(http":         "sum( is not closed",
		"http{a=b":         "{ is not closed",
		"http{a}":          "is not label=value",
		"http{*=b}":        "is not label=value",
		"http{a=~foo|bar}": "no regular expressions",
	} {
		if _, err := ParseSelector(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestPatternsTakeNoTime: stars do not multiply.
func TestPatternsTakeNoTime(t *testing.T) {
	if matches(strings.Repeat("a*", 2000)+"b", strings.Repeat("a", 20_000)) {
		t.Error("matched")
	}
	if !matches("**a*b**c", "xxaxxbxxc") || matches("a*b", "ab c") || !matches("*", "") || matches("?", "") {
		t.Error("wrong")
	}
}
