package store

import (
	"net/url"
	"strings"
)

// secretsOf are the passwords in an URL, as written and as meant: none of them may
// stand in an error, whatever a driver puts into its own.
func secretsOf(text string) (secrets []string) {
	u, err := url.Parse(text)
	if err != nil {
		return []string{text}
	}
	password, _ := u.User.Password()
	for _, p := range append(u.Query()["password"], append(u.Query()["sslpassword"], password)...) {
		if p != "" {
			secrets = append(secrets, p, url.QueryEscape(p), url.PathEscape(p))
		}
	}
	if _, written, ok := strings.Cut(u.User.String(), ":"); ok && written != "" {
		secrets = append(secrets, written)
	}
	return secrets
}

// hide is the text of an error without passwords, on one line.
func (d *database) hide(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	for _, secret := range d.secrets {
		text = strings.ReplaceAll(text, secret, "xxxxx")
	}
	return text
}
