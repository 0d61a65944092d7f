package http1

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const today = 1_780_000_000 // in May 2026

var here = Origin{Host: "shop.example.com"}

// TestJar: what is set by answers to /a/b, and what is then sent with requests.
func TestJar(t *testing.T) {
	for name, c := range map[string]struct {
		set  []string
		sent map[string]string // by path
	}{
		"session":       {[]string{"id=7"}, map[string]string{"/a/b": "id=7", "/a": "id=7", "/a/": "id=7", "/ab": "", "/": ""}},
		"root":          {[]string{"id=7; Path=/; HttpOnly; SameSite=Lax"}, map[string]string{"/": "id=7", "/x?y=/a": "id=7"}},
		"longest first": {[]string{"a=1; path=/", "b=2; path=/a", "c=3; path=/"}, map[string]string{"/a/b": "b=2; a=1; c=3", "/": "a=1; c=3"}},
		"replaced":      {[]string{"a=1", "b=2", "a=3"}, map[string]string{"/a": "a=3; b=2"}},
		"by path":       {[]string{"a=1; path=/", "a=2; path=/a"}, map[string]string{"/a": "a=2; a=1"}},
		"deleted":       {[]string{"a=1", "b=2", "a=; Max-Age=0"}, map[string]string{"/a": "b=2"}},
		"deleted by date": {[]string{"a=1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=1", "b=; expires=Thu, 01-Jan-1970 00:00:01 GMT"},
			map[string]string{"/a": ""}},
		"to come":           {[]string{"a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT"}, map[string]string{"/a": "a=1"}},
		"age over date":     {[]string{"a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, map[string]string{"/a": "a=1"}},
		"negative age":      {[]string{"a=1; max-age=-1"}, map[string]string{"/a": ""}},
		"bad age":           {[]string{"a=1; max-age=1x; max-age=; expires=tomorrow"}, map[string]string{"/a": "a=1"}},
		"spaces":            {[]string{" a = 1 2 ; Path = / "}, map[string]string{"/": "a=1 2"}},
		"quoted":            {[]string{`a="1"`}, map[string]string{"/a": `a="1"`}},
		"equals":            {[]string{"a=b=c; path=/"}, map[string]string{"/": "a=b=c"}},
		"empty value":       {[]string{"a=; path=/"}, map[string]string{"/": "a="}},
		"no name":           {[]string{"=1; path=/", "alone; path=/", "; path=/", ""}, map[string]string{"/": ""}},
		"control":           {[]string{"a=1\x01; path=/", "a\x7f=1; path=/"}, map[string]string{"/": ""}},
		"relative path":     {[]string{"a=1; path=b"}, map[string]string{"/a": "a=1", "/": ""}},
		"own domain":        {[]string{"a=1; Domain=shop.example.com", "b=1; domain=.EXAMPLE.com", "c=1; domain="}, map[string]string{"/a": "a=1; b=1; c=1"}},
		"other domain":      {[]string{"a=1; Domain=other.com", "b=1; domain=p.example.com", "c=1; domain=x.shop.example.com"}, map[string]string{"/a": ""}},
		"secure over http":  {[]string{"a=1; Secure", "__Secure-b=1", "__Host-c=1; path=/"}, map[string]string{"/a": "", "/": ""}},
		"path within label": {[]string{"a=1; path=/a/"}, map[string]string{"/a/b": "a=1", "/a": ""}},
	} {
		var j Jar
		for _, set := range c.set {
			if j.Set([]byte(set), here, []byte("/a/b?q=/x/"), today) {
				t.Errorf("%s: %q: full", name, set)
			}
		}
		for path, want := range c.sent {
			if want != "" {
				want = "Cookie: " + want + "\r\n"
			}
			if got := string(j.Append(nil, []byte(path), today)); got != want {
				t.Errorf("%s: %s: got %q, want %q", name, path, got, want)
			}
		}
	}
}

func TestCookiesEnd(t *testing.T) {
	var j Jar
	j.Set([]byte("a=1; max-age=10; path=/"), here, []byte("/"), today)
	j.Set([]byte("b=1; path=/"), here, []byte("/"), today)
	for after, want := range map[int64]string{9: "Cookie: a=1; b=1\r\n", 10: "Cookie: b=1\r\n"} {
		if got := string(j.Append(nil, []byte("/"), today+after)); got != want {
			t.Errorf("after %d s: %q, want %q", after, got, want)
		}
	}
}

func TestSecureHost(t *testing.T) {
	var j Jar
	for _, set := range []string{"a=1; Secure", "__Secure-b=1; secure", "__Host-c=1; secure; path=/", "__host-d=1; secure; path=/; domain=shop.example.com", "__SECURE-e=1"} {
		j.Set([]byte(set), Origin{Host: here.Host, Secure: true}, []byte("/"), today)
	}
	if got := string(j.Append(nil, []byte("/"), today)); got != "Cookie: a=1; __Secure-b=1; __Host-c=1\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestAddressHasNoDomain: 1.2.3.4 does not lie below 3.4.
func TestAddressHasNoDomain(t *testing.T) {
	for host, domains := range map[string]map[string]bool{
		"127.0.0.1": {"0.0.1": false, "127.0.0.1": true}, "[::1]": {"[::1]": true, "1]": false}, "a.b": {"b": true, "a.b": true},
	} {
		for domain, want := range domains {
			if got := withinDomain(host, []byte(domain)); got != want {
				t.Errorf("%s within %s: %v", host, domain, got)
			}
		}
	}
}

// TestJarIsBounded: in number and in bytes; what has ended makes room.
func TestJarIsBounded(t *testing.T) {
	var j Jar
	full := 0
	for i := range 100 {
		if j.Set(fmt.Appendf(nil, "c%d=%d; max-age=%d", i, i, 10+i), here, []byte("/"), today) {
			full++
		}
	}
	if len(j.cookies) != MaxCookies || full != 100-MaxCookies {
		t.Errorf("%d cookies, %d refused", len(j.cookies), full)
	}
	if j.Set([]byte("late=1"), here, []byte("/"), today+10) {
		t.Error("one has ended, and there is no room")
	}
	j.Reset()
	large := strings.Repeat("x", maxPair-1)
	for i := range 5 {
		full := j.Set([]byte(string(rune('a'+i))+"="+large), here, []byte("/"), today)
		if full != (i >= 3) {
			t.Errorf("cookie %d: full %v at %d bytes", i, full, j.size)
		}
	}
	if j.Set([]byte("big="+large), here, []byte("/"), today) || j.size > MaxJar {
		t.Errorf("%d bytes", j.size)
	}
}

// TestJarSaysWhatTheStandardLibrarysSays, of cookies that both take.
func TestJarSaysWhatTheStandardLibrarysSays(t *testing.T) {
	paths := []string{"/", "/a", "/a/", "/a/b", "/b/c/d", "/ab"}
	rapid.Check(t, func(t *rapid.T) {
		var mine Jar
		theirs, _ := cookiejar.New(nil)
		for range rapid.IntRange(1, 12).Draw(t, "cookies") {
			at := rapid.SampledFrom(paths).Draw(t, "at")
			set := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name") + "=" + rapid.StringMatching("[a-z]{0,3}").Draw(t, "value")
			set += rapid.SampledFrom([]string{"", "; Path=/", "; path=/a", "; path=/a/b/", "; path=x", "; Max-Age=0", "; max-age=1000", "; domain=example.com", "; domain=x.com", "; secure"}).Draw(t, "more")
			if strings.Contains(set, "secure") {
				continue // that one keeps them, and does not send them
			}
			mine.Set([]byte(set), here, []byte(at), today)
			u := &url.URL{Scheme: "http", Host: here.Host, Path: at}
			if c, err := http.ParseSetCookie(set); err == nil && (c.Domain == "" || c.Domain == "example.com") {
				theirs.SetCookies(u, []*http.Cookie{c})
			}
		}
		for _, path := range paths {
			var want []string
			for _, c := range theirs.Cookies(&url.URL{Scheme: "http", Host: here.Host, Path: path}) {
				want = append(want, c.Name+"="+c.Value)
			}
			got := strings.TrimSuffix(strings.TrimPrefix(string(mine.Append(nil, []byte(path), today)), "Cookie: "), "\r\n")
			if got != strings.Join(want, "; ") {
				t.Fatalf("%s: got %q, want %q", path, got, want)
			}
		}
	})
}

// FuzzSetCookie: whatever a target sends, what is sent back is one line, and the
// jar's count of its bytes is right.
func FuzzSetCookie(f *testing.F) {
	for _, s := range []string{"a=b; path=/; max-age=5", "a=b;Expires=Thu, 01 Jan 1970 00:00:00 GMT", "=; ;;", "__Host-a=b; secure"} {
		f.Add(s, "c=d; domain=example.com", "/x/y?z")
	}
	f.Fuzz(func(t *testing.T, first, second, path string) {
		var j Jar
		for _, s := range []string{first, second, first} {
			j.Set([]byte(s), here, []byte("/"+path), today)
		}
		size := 0
		for i := range j.cookies {
			size += j.cookies[i].size()
		}
		if size != j.size || size > MaxJar {
			t.Fatalf("%d bytes, counted %d", size, j.size)
		}
		line := string(j.Append(nil, []byte("/"+path), today))
		if line != "" && strings.IndexFunc(strings.TrimSuffix(line, "\r\n"), func(r rune) bool { return r < ' ' && r != '\t' }) >= 0 {
			t.Fatalf("%q", line)
		}
	})
}

func BenchmarkJarAppend(b *testing.B) {
	var j Jar
	j.Set([]byte("session=0123456789abcdef; path=/"), here, []byte("/"), today)
	j.Set([]byte("theme=dark; path=/"), here, []byte("/"), today)
	dst := make([]byte, 0, 200)
	b.ReportAllocs()
	for b.Loop() {
		dst = j.Append(dst[:0], []byte("/items/17"), today)
	}
}
