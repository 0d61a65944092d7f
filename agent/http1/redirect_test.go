package http1

import (
	"errors"
	"strings"
	"testing"
)

// TestResolve: the examples of RFC 3986, section 5.4, and what is peculiar to a
// client that never leaves its host.
func TestResolve(t *testing.T) {
	const base, target = "http://a", "/b/c/d;p?q"
	for location, want := range map[string]string{
		"g": "/b/c/g", "./g": "/b/c/g", "g/": "/b/c/g/", "/g": "/g", "?y": "/b/c/d;p?y", "g?y": "/b/c/g?y",
		"#s": "/b/c/d;p?q", "g#s": "/b/c/g", "g?y#s": "/b/c/g?y", ";x": "/b/c/;x", "g;x=1/./y": "/b/c/g;x=1/y",
		"": "/b/c/d;p?q", ".": "/b/c/", "./": "/b/c/", "..": "/b/", "../": "/b/", "../g": "/b/g",
		"../..": "/", "../../g": "/g", "../../../g": "/g", "/./g": "/g", "/../g": "/g", "g.": "/b/c/g.",
		"g?y/../x":     "/b/c/g?y/../x",
		"http://a/x?y": "/x?y", "HTTP://A:80/x": "/x", "//a/x": "/x", "http://a": "/", "http://a?x": "/?x", "http://u:p@a/x": "/x",
		"/a b": "/a%20b", "/ü?ü x": "/%C3%BC?%C3%BC%20x", "/%41%2f": "/%41%2f",
		"//g": "!away", "http://a:81/x": "!away", "https://a/x": "!away", "http://a.b/x": "!away", "g:h": "!away", "mailto:x": "!away",
		"http:g": "!bad", "/\x01": "!bad", "http://a/%zz": "!bad", "http://[x/": "!bad", "/" + strings.Repeat("x", maxTarget): "!bad",
	} {
		got, err := Resolve(base, []byte(target), []byte(location))
		switch {
		case errors.Is(err, ErrElsewhere):
			got = "!away"
		case errors.Is(err, ErrLocation):
			got = "!bad"
		}
		if got != want {
			t.Errorf("%q: got %q (%v), want %q", location, got, err, want)
		}
	}
}

// FuzzResolve: wherever it leads, it can stand in a request line and stays with the host.
func FuzzResolve(f *testing.F) {
	f.Add("/a/b?c", "../x?y z#f")
	f.Add("/", "//b\\/c")
	f.Add("/a", "http://h\t/")
	f.Fuzz(func(t *testing.T, target, location string) {
		next, err := Resolve("http://h", []byte("/"+target), []byte(location))
		if err != nil {
			return
		}
		if !strings.HasPrefix(next, "/") || len(next) > maxTarget {
			t.Fatalf("%q from %q: %q", location, target, next)
		}
		for i := range len(next) {
			if next[i] <= ' ' || next[i] >= 0x7f {
				t.Fatalf("%q from %q: %q cannot be sent", location, target, next)
			}
		}
	})
}
