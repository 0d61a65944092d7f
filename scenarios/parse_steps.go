package scenarios

import (
	"slices"
	"strings"
	"time"
)

var methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// step reads one request.
func (p *parser) step(o *object) Step {
	s := Step{Timeout: p.s.HTTP.Timeout, Expect: p.s.HTTP.ExpectStatus, Timing: p.s.HTTP.Timing}
	p.requestLine(o, &s)
	p.rowName(o, &s)
	p.extracts(o.get("extract"))
	p.body(o, &s)
	own, defaults := p.stepAuth(o.get("auth"), p.headers(o.get("headers")), p.s.HTTP.Headers)
	s.Headers = mergeHeaders(own, mergeHeaders(s.Headers, defaults))
	o.duration("timeout", time.Millisecond, &s.Timeout)
	p.timing(o, &s.Timing)
	p.extra(o, &s)
	p.noCookieHeader(p.s.HTTP.Cookies, o.get("headers"), own)
	s.Network = p.readNetwork(o.get("network"), p.slow)
	p.expect(o.get("expect"), &s.Expect)
	p.checks(o.get("check"), &s)
	if !o.has("expect") {
		s.Expect = expectChecked(s.Expect, s.Checks)
	}
	return s
}

// expectChecked adds the statuses that checks ask for: who checks for 404 does not
// want it counted as an error.
func expectChecked(expect []StatusRange, checks []Check) []StatusRange {
	for _, c := range checks {
		for _, r := range c.Status {
			if !inRanges(expect, r.From) || !inRanges(expect, r.To) {
				expect = append(slices.Clip(expect), r)
			}
		}
	}
	return expect
}

// extracts remembers what a step would take out of its answer, which is refused.
func (p *parser) extracts(n *node) {
	if n == nil || n.Kind != mappingNode {
		return
	}
	for _, e := range p.entries(n, "extract") {
		p.extracted = append(p.extracted, e.Name)
	}
}

func (p *parser) requestLine(o *object, s *Step) {
	var at *node
	for _, m := range methods {
		n := o.get(m)
		switch {
		case n == nil:
		case at != nil:
			p.wrong(n, "a step is one request: %s and %s are two", strings.ToLower(s.Method), m)
		default:
			at, s.Method = n, strings.ToUpper(m)
		}
	}
	if at == nil {
		if o.isMapping() && o.Meant == nil {
			p.hinted(o.Node, "such as get: /health", "step has no request")
		}
		s.Path = literalTemplate("/")
		return
	}
	s.Path = p.path(at)
}

func (p *parser) path(n *node) *Template {
	t, ok := p.template(n, "path")
	text := ""
	if ok {
		text = t.String()
	}
	switch {
	case !ok:
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		p.wrong(n, "path: give the path alone; the host is target.base_url")
	case !strings.HasPrefix(text, "/"):
		p.wrong(n, "path: must begin with /, got %q", shorten(text))
	case strings.Contains(text, "#"):
		p.wrong(n, "path: # is never sent; write %%23")
	case !t.all(goodPath):
		p.hinted(n, "write a space as %20", "path: %q has characters that a request line cannot hold", shorten(text))
	default:
		p.warnBraces(n)
		return t
	}
	return literalTemplate("/")
}

// all says whether every literal part is good.
func (t *Template) all(good func(string) bool) bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool {
		return p.kind == literal && !good(string(p.literal))
	})
}

// rowName is the name the file gives, or the path as it is written.
func (p *parser) rowName(o *object, s *Step) {
	n := o.get("name")
	if n != nil {
		o.text("name", &s.Name)
		if s.Name == "" || len(s.Name) > 200 || strings.ContainsAny(s.Name, "\n\r\t") {
			p.wrong(n, "name: must be one line of 1 to 200 characters")
		}
		p.names.given(s)
		return
	}
	for _, m := range methods {
		if at := o.get(m); at != nil && at.Kind == scalarNode {
			s.Name = shortenName(at.Value)
		}
	}
	if s.Name != "" { // else it has no path, which was noted
		p.names.byPath(s)
	}
}

func shortenName(text string) string {
	if len(text) <= 200 {
		return text
	}
	return strings.ToValidUTF8(text[:197], "") + "…"
}

// names are the rows' names. Beyond maxNames they share one row: nobody reads more,
// and each row costs memory in every agent and window.
type names struct {
	method map[string]string // of the first step by that name
	list   []string
	folded bool
}

const (
	maxNames   = 200
	otherNames = "(other)"
)

func newNames() names { return names{method: map[string]string{}} }

// byPath names a step by its path; when another method has that row already, with
// the method before it.
func (n *names) byPath(s *Step) {
	if m, ok := n.method[s.Name]; ok && m != s.Method {
		s.Name = s.Method + " " + s.Name
	}
	n.given(s)
}

// given takes a name as it is.
func (n *names) given(s *Step) {
	if _, ok := n.method[s.Name]; ok {
		return
	}
	if len(n.list) >= maxNames {
		s.Name, n.folded = otherNames, true
		if _, ok := n.method[s.Name]; ok {
			return
		}
	}
	n.method[s.Name] = s.Method
	n.list = append(n.list, s.Name)
}
