package tuning

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// health reads a URL, or {url, within}.
func (p *reading) health(n *document.Node) *Health {
	if n = p.Present(n); n == nil {
		return nil
	}
	h := &Health{Within: defaultWithin, Line: n.Line}
	at := n
	if n.Kind == document.ScalarNode {
		h.URL, _ = p.Text(n, "health")
	} else {
		o := p.Object(n, "health", document.Keys{Known: "url within"})
		if at = o.Require("url"); at == nil {
			return h
		}
		o.Text("url", &h.URL)
		o.Duration("within", 1, &h.Within)
	}
	p.checkURL(at, "health", h.URL, "http", "https", "tcp")
	return h
}

// checkURL refuses what cannot be asked. It quotes nothing: a URL may hold a password.
func (p *reading) checkURL(n *document.Node, what, text string, schemes ...string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		p.Wrong(n, "%s: it is not a URL", what)
	case !slices.Contains(schemes, u.Scheme):
		p.Wrong(n, "%s: a URL begins with %s://", what, strings.Join(schemes, ":// or "))
	case u.Hostname() == "" || u.Scheme == "tcp" && u.Port() == "":
		p.Hinted(n, map[bool]string{true: "such as tcp://127.0.0.1:5432"}[u.Scheme == "tcp"], "%s: the URL names no host and port", what)
	case u.User != nil:
		p.Wrong(n, "%s: no user or password here", what)
	}
}

// statuses reads one or a list: 200, 204, or 2xx.
func (p *reading) statuses(n *document.Node) (all []int) {
	if n = p.Present(n); n == nil {
		return nil
	}
	items := []*document.Node{n}
	if n.Kind == document.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		text, ok := p.Text(item, "expect")
		if text == "2xx" {
			for s := 200; s < 300; s++ {
				all = append(all, s)
			}
			continue
		}
		status, err := strconv.Atoi(text)
		if ok && (err != nil || status < 100 || status > 599) {
			p.Hinted(item, "such as 200, or 2xx", "expect: %q is not a status", document.Shorten(text))
		}
		all = append(all, status)
	}
	return all
}
