package http1

import (
	"net/url"
	"strings"
)

// Why a redirect is not followed.
const (
	ErrElsewhere Error = "redirect to another host"
	ErrLocation  Error = "redirect: malformed location"
)

// maxTarget bounds path and query of a redirect: RFC 9112, section 3, asks for
// 8,000 octets at least.
const maxTarget = 8 << 10

// IsRedirect says whether a status asks for another request, and whether that one
// is a GET without body whatever the first one was.
func IsRedirect(status int) (is, bare bool) {
	switch status {
	case 301, 302, 303:
		return true, true
	case 307, 308:
		return true, false
	}
	return false, false
}

// Resolve gives the path and query that a Location leads to from a request for
// target, by RFC 3986, section 5.2. base is scheme, host and port, such as
// http://127.0.0.1:8080: what leads away from there is ErrElsewhere.
func Resolve(base string, target, location []byte) (string, error) {
	from, err := url.Parse(base + string(target))
	if err != nil || len(location) > maxTarget {
		return "", ErrLocation
	}
	to, err := from.Parse(string(location))
	switch {
	case err != nil, to.Opaque != "" && to.Scheme == from.Scheme:
		return "", ErrLocation
	case !samePlace(from, to):
		return "", ErrElsewhere
	}
	next := visible(to.RequestURI())
	if len(next) > maxTarget {
		return "", ErrLocation
	}
	return next, nil
}

func samePlace(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// visible escapes what a request line cannot hold. Only queries have such bytes
// left, which url keeps as they came.
func visible(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
