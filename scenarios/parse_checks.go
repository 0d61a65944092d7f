package scenarios

import (
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

func (p *parser) checks(n *node, s *Step) {
	if n != nil && n.Kind != sequenceNode {
		p.hinted(n, "such as check: [{status: 200}]", "check must be a list, got %s", document.Describe(n))
		return
	}
	items := p.list(n, "check")
	for _, item := range items {
		if c, ok := p.check(item); ok {
			s.Checks = append(s.Checks, c)
			s.NeedBody = s.NeedBody || c.Kind >= CheckBodyContains
		}
	}
	if s.NeedBody && p.s.HTTP.KeepBodies == "never" {
		p.wrong(n, "a check looks at the body, but http.keep_bodies is never")
	}
	if s.NeedBody && s.Method == "HEAD" {
		p.wrong(n, "a check looks at the body, but an answer to HEAD has none")
	}
}

// check reads one claim: {status: 200}, {header: NAME, contains: text},
// {body: {contains: text}}, {json: $.path, equals: value}.
func (p *parser) check(n *node) (Check, bool) {
	o := p.object(n, "check", grammar.check)
	before := p.mistakes()
	var c Check
	switch p.subject(o) {
	case "status":
		c = p.checkStatus(o)
	case "header":
		c = p.checkHeader(o)
	case "body":
		c = p.checkBody(o)
	case "json":
		c = p.checkJSON(o)
	default:
		return c, false
	}
	return c, p.mistakes() == before
}

// subject is what a check looks at; "" is noted.
func (p *parser) subject(o *object) string {
	var found []string
	for _, s := range []string{"status", "header", "body", "json"} {
		if o.has(s) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		p.wrong(o.Node, "a check looks at one thing: write %s as checks of their own", strings.Join(found, " and "))
	case o.isMapping() && o.Meant == nil:
		p.hinted(o.Node, "such as {status: 200}", "check looks at nothing: it needs status, header, body or json")
	}
	return ""
}

func (p *parser) checkStatus(o *object) Check {
	p.only(o, "status")
	at := o.get("status")
	return Check{Kind: CheckStatus, Status: p.statuses(at), Name: "status " + flat(at)}
}

func (p *parser) checkHeader(o *object) Check {
	p.only(o, "header equals contains")
	c := Check{Kind: CheckHeader, Want: literalTemplate("")}
	o.text("header", &c.Header)
	c.Name = "header " + c.Header
	if !isToken(c.Header) {
		p.wrong(o.get("header"), "%q cannot be the name of a header", shorten(c.Header))
	}
	if at := o.get("contains"); at != nil {
		c.Want = p.wanted(at)
		c.Name += " contains " + flat(at)
	}
	if at := o.get("equals"); at != nil {
		if o.has("contains") {
			p.wrong(at, "a check has one claim: equals or contains")
		}
		c.Want, c.Equals = p.wanted(at), true
		c.Name += " = " + flat(at)
	}
	return c
}

func (p *parser) checkBody(o *object) Check {
	p.only(o, "body")
	body := p.object(o.get("body"), "body", grammar.body)
	at := body.require("contains")
	c := Check{Kind: CheckBodyContains, Want: p.wanted(at)}
	if at != nil {
		c.Name = "body contains " + flat(at)
	}
	return c
}

func (p *parser) checkJSON(o *object) Check {
	p.only(o, "json equals exists")
	c := Check{Kind: CheckJSONExists}
	at := o.get("json")
	path, ok := p.text(at, "json")
	if !ok {
		return c
	}
	compiled, err := compilePath(path)
	if err != nil {
		p.wrong(at, "json: %q: %v", shorten(path), err)
	}
	c.Path, c.Name = compiled, "json "+flat(at)
	exists := true
	o.flag("exists", &exists)
	if !exists {
		p.wrong(o.get("exists"), "exists: false is not supported yet")
	}
	if at := o.get("equals"); at != nil {
		c.Kind, c.Want = CheckJSONEquals, p.wanted(at)
		c.Name += " = " + flat(at)
	} else {
		c.Name += " exists"
	}
	return c
}

// only notes keys that mean nothing for this kind of check.
func (p *parser) only(o *object, allowed string) {
	for _, e := range o.Entries {
		known := slices.Contains(strings.Fields(grammar.check.known), e.Name)
		if known && !slices.Contains(strings.Fields(allowed), e.Name) {
			p.wrong(e.Key, "%q means nothing in a check of %s", e.Name, strings.Fields(allowed)[0])
		}
	}
}

// wanted reads what a check expects. A random value there would never be the one
// that was sent.
func (p *parser) wanted(n *node) *Template {
	t, ok := p.template(n, "check")
	if !ok {
		return literalTemplate("")
	}
	for i := range t.parts {
		if k := t.parts[i].kind; k == randInt || k == randZipf || k == randUUID {
			p.wrong(n, "check: ${rand.…} draws another value than the request did")
			break
		}
	}
	return t
}

// flat writes a scalar or a list on one line, as the file has it: names of checks are in
// every report, and values of variables may not be for those who read it.
func flat(n *node) string {
	if n.Kind != sequenceNode {
		return shorten(n.Value)
	}
	var items []string
	for _, c := range n.Content {
		items = append(items, c.Value)
	}
	return shorten(strings.Join(items, "|"))
}
