package http1

import (
	"bytes"
	"strings"
	"time"
)

// A cookie is one Set-Cookie, read by RFC 6265, section 5.
type cookie struct {
	pair    string // name=value, as it is sent
	name    int    // length of the name
	path    string
	domain  string // of the attribute; empty for the host itself
	expires int64  // Unix seconds; forever for as long as the jar lives
}

const forever = 1<<63 - 1

// maxPair bounds name and value of one cookie, maxAttribute the value of an
// attribute: one that is longer is as if it were not there.
const (
	maxPair      = 4 << 10
	maxAttribute = 1 << 10
)

// An Origin is where requests go: the one host of a run.
type Origin struct {
	Host   string // lower case, without port
	Secure bool   // TLS
}

// attributes are what stands behind name=value.
type attributes struct {
	maxAge, expires       int64
	hasMaxAge, hasExpires bool
	domain, path          []byte
	secure                bool
}

// parseCookie reads a Set-Cookie of an answer to a request for path. It gives false
// for what is to be ignored: malformed, of another host, or not allowed here.
func parseCookie(header []byte, from Origin, path []byte, now int64) (cookie, bool) {
	pair, rest, _ := bytes.Cut(header, []byte(";"))
	name, value, found := bytes.Cut(pair, []byte("="))
	name, value = trim(name), trim(value)
	if !found || len(name) == 0 || len(name)+len(value) > maxPair || hasControl(name) || hasControl(value) {
		return cookie{}, false
	}
	a := parseAttributes(rest, now)
	if !a.allowed(string(name), from) {
		return cookie{}, false
	}
	c := cookie{
		pair: string(name) + "=" + string(value), name: len(name),
		path: string(a.path), domain: strings.ToLower(string(a.domain)), expires: a.until(now),
	}
	if c.domain == from.Host {
		c.domain = ""
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = defaultPath(path)
	}
	return c, true
}

func hasControl(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0
}

func parseAttributes(rest []byte, now int64) (a attributes) {
	for len(rest) > 0 {
		var item []byte
		item, rest, _ = bytes.Cut(rest, []byte(";"))
		key, value, _ := bytes.Cut(item, []byte("="))
		if key, value = trim(key), trim(value); len(value) <= maxAttribute {
			a.set(key, value, now)
		}
	}
	return a
}

func (a *attributes) set(key, value []byte, now int64) {
	switch {
	case is(key, "path"):
		a.path = value
	case is(key, "domain"):
		a.domain = bytes.TrimPrefix(value, []byte("."))
	case is(key, "secure"):
		a.secure = true
	case is(key, "max-age"):
		if age, ok := parseAge(value); ok {
			a.maxAge, a.hasMaxAge = age, true
		}
	case is(key, "expires"):
		if at, ok := parseDate(string(value)); ok {
			a.expires, a.hasExpires = at, true
		}
	}
}

// maxAge is four hundred days: longer than any run.
const maxAge = 400 * 24 * 60 * 60

// parseAge reads a number of seconds; what is not above 0 ends the cookie.
func parseAge(b []byte) (int64, bool) {
	digits, negative := bytes.CutPrefix(b, []byte("-"))
	age := int64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		age = min(age*10+int64(c-'0'), maxAge)
	}
	if negative {
		age = 0
	}
	return age, len(digits) > 0
}

// dates are the three forms of RFC 9110, section 5.6.7, and the one that most
// servers send with Set-Cookie.
var dates = [...]string{time.RFC1123, "Mon, 02-Jan-2006 15:04:05 MST", time.RFC850, time.ANSIC}

func parseDate(text string) (int64, bool) {
	for _, layout := range dates {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Unix(), true
		}
	}
	return 0, false
}

// until is when the cookie ends: Max-Age rules over Expires.
func (a *attributes) until(now int64) int64 {
	switch {
	case a.hasMaxAge:
		return now + a.maxAge
	case a.hasExpires:
		return a.expires
	}
	return forever
}

// allowed says whether a host may set such a cookie for itself. Without TLS nobody
// may set a Secure one, nor one whose name promises that it is.
func (a *attributes) allowed(name string, from Origin) bool {
	if a.secure && !from.Secure || !withinDomain(from.Host, a.domain) {
		return false
	}
	switch lower := strings.ToLower(name); {
	case strings.HasPrefix(lower, "__secure-"):
		return a.secure
	case strings.HasPrefix(lower, "__host-"):
		return a.secure && len(a.domain) == 0 && string(a.path) == "/"
	}
	return true
}

// withinDomain says whether a host is a domain or lies below it; an address has
// nothing above it.
func withinDomain(host string, domain []byte) bool {
	switch rest, below := strings.CutSuffix(host, strings.ToLower(string(domain))); {
	case len(domain) == 0 || below && rest == "":
		return true
	default:
		return below && strings.HasSuffix(rest, ".") && !isAddress(host)
	}
}

// isAddress says whether a host is an IP address: the last label of a name is never
// a number, and no name has a colon.
func isAddress(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.ContainsRune(host, ':') || strings.Trim(last, "0123456789") == ""
}

// defaultPath is the directory of a request's path: RFC 6265, section 5.1.4.
func defaultPath(target []byte) string {
	path, _, _ := bytes.Cut(target, []byte("?"))
	end := bytes.LastIndexByte(path, '/')
	if end <= 0 || path[0] != '/' {
		return "/"
	}
	return string(path[:end])
}

// covers says whether a cookie is sent with a request for path.
func (c *cookie) covers(path []byte) bool {
	if len(path) < len(c.path) || string(path[:len(c.path)]) != c.path {
		return false
	}
	return len(path) == len(c.path) || strings.HasSuffix(c.path, "/") || path[len(c.path)] == '/'
}
