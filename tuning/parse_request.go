package tuning

import (
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// request reads an http hook. One that asks is a GET, one that sets a POST, if not said.
func (p *reading) request(n *document.Node, reads bool) *Request {
	known := "method url body form headers expect"
	if reads {
		known += " json"
	}
	o := p.Object(p.Brief(n, "http", "http: {url: http://127.0.0.1:8080/pool, body: \"${value}\"}"), "http", document.Keys{Known: known})
	r := &Request{Method: map[bool]string{true: "GET", false: "POST"}[reads]}
	o.Text("method", &r.Method)
	if at := o.Get("method"); at != nil && !isToken(r.Method) {
		p.Wrong(at, "method: %q is not a method", document.Shorten(r.Method))
	}
	if at := o.Require("url"); at != nil {
		if t, ok := p.template(at, "url"); ok {
			r.URL = t
			p.checkURL(at, "url", t.Fill(func(string) string { return "1" }, nil), "http", "https")
		}
	}
	if at := o.Get("body"); at != nil {
		r.Body, _ = p.template(at, "body")
		if o.Has("form") {
			p.Wrong(at, "http: body and form are both what is sent: take one of them out")
		}
	}
	r.Headers, r.Form = p.pairs(o.Get("headers"), "headers"), p.pairs(o.Get("form"), "form")
	for _, h := range r.Headers {
		if !isToken(h.Name) {
			p.Wrong(o.Get("headers"), "headers: %q is not the name of a header", document.Shorten(h.Name))
		}
	}
	r.Expect = p.statuses(o.Get("expect"))
	o.Text("json", &r.JSON)
	return r
}

// pairs reads a mapping from names to templates, in the file's order.
func (p *reading) pairs(n *document.Node, what string) (all []Header) {
	for _, e := range p.Mapping(n, what) {
		t, ok := p.template(e.Value, what+"."+document.Shorten(e.Name))
		if ok && what == "headers" && strings.ContainsAny(t.text, "\r\n") {
			p.Wrong(e.Value, "headers: a value has one line")
			continue
		}
		if ok {
			all = append(all, Header{e.Name, t})
		}
	}
	return all
}

// isToken says whether text is a token of HTTP, as methods and names of headers are.
func isToken(text string) bool {
	for _, c := range text {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c) {
			return false
		}
	}
	return text != ""
}
