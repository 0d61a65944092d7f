package knobs

import (
	"fmt"
	"net/url"
	"strings"
)

// Redacted is a URL without the passwords in it: that of its user, and those that
// PostgreSQL takes as parameters.
func Redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(hidden)"
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "(hidden)"
	}
	for name := range values {
		if strings.Contains(strings.ToLower(name), "password") {
			values.Set(name, "xxxxx")
			u.RawQuery = values.Encode()
		}
	}
	return u.Redacted()
}

// checkURL names no value that it cannot take the passwords out of.
func checkURL(text string, schemes []string) error {
	want := strings.Join(schemes, " or ")
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("is no URL; it begins with %s", want)
	}
	for _, scheme := range schemes {
		if strings.HasPrefix(text, scheme) && (u.Host != "" || u.Opaque != "" || strings.HasPrefix(scheme, "sqlite") && u.Path != "") {
			return nil
		}
	}
	if u.Scheme == "" || u.Host == "" { // what looks like a path may be a password
		return fmt.Errorf("must be a URL that begins with %s", want)
	}
	return fmt.Errorf("must be a URL that begins with %s, got %q", want, Redacted(text))
}
