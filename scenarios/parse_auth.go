package scenarios

import (
	"slices"
	"strings"
)

const authorization = "Authorization"

// authHint shows both forms.
const authHint = "such as {bearer: token}, {basic: {user: …, password: …}} or none"

// auth reads how a request says who asks: {basic: {user, password}}, {bearer: token},
// or none, which sends no Authorization though http has one. Of these values nothing
// is quoted in messages: they are secrets.
func (p *parser) auth(n *node) (h Header, given, none bool) {
	switch {
	case n == nil:
		return Header{}, false, false
	case n.Kind == scalarNode && n.Value == "none":
		return Header{}, false, true
	case n.Kind != mappingNode:
		p.hinted(n, authHint, "auth is neither basic, bearer nor none")
		return Header{}, false, false
	}
	before := p.mistakes()
	h = Header{Name: authorization, Value: p.credentials(n)}
	return h, p.mistakes() == before, false
}

func (p *parser) credentials(n *node) *Template {
	o := p.object(n, "auth", grammar.auth)
	basic, bearer := o.get("basic"), o.get("bearer")
	switch {
	case basic != nil && bearer != nil:
		p.wrong(bearer, "a request has one authorization: give basic or bearer")
	case basic != nil:
		return p.basic(basic)
	case bearer != nil:
		return p.bearer(bearer)
	case o.Meant == nil:
		p.hinted(n, authHint, "auth needs basic or bearer")
	}
	return literalTemplate("")
}

// basic joins user and password as RFC 7617 does, and encodes both for each request
// unless they are the same for all.
func (p *parser) basic(n *node) *Template {
	o := p.object(n, "basic", grammar.basic)
	user, password := o.require("user"), o.require("password")
	name, okName := p.secret(user, "user", goodValue, "control characters cannot be sent")
	word, okWord := p.secret(password, "password", goodValue, "control characters cannot be sent")
	if !okName || !okWord {
		return literalTemplate("")
	}
	if strings.Contains(name.String(), ":") {
		p.wrong(user, "user: a name with : cannot be sent, because : ends it")
	}
	both := &Template{}
	both.join(name)
	both.literal(":")
	both.join(word)
	t := literalTemplate("Basic ")
	t.joinEncoded(both)
	return t
}

func (p *parser) bearer(n *node) *Template {
	token, ok := p.secret(n, "bearer", goodPath, "spaces and control characters cannot be sent")
	if !ok {
		return literalTemplate("")
	}
	if len(token.parts) == 0 {
		p.hinted(n, giveHint(n), "bearer: the token is empty")
	}
	t := literalTemplate("Bearer ")
	t.join(token)
	return t
}

// giveHint says how a variable of a value is given, if it uses one.
func giveHint(n *node) string {
	_, rest, _ := strings.Cut(n.Value, "${vars.")
	name, _, uses := strings.Cut(rest, "}")
	if !uses {
		return ""
	}
	return "give -e " + name + "=… or LOADCTL_VAR_" + name + "=…"
}

// secret reads a template of which no part is bad.
func (p *parser) secret(n *node, what string, good func(string) bool, not string) (*Template, bool) {
	if n == nil {
		return nil, false
	}
	var t *Template
	var ok bool
	p.hiding(func() { t, ok = p.template(n, what) })
	if ok && !t.all(good) {
		p.wrong(n, "%s: %s", what, not)
		return nil, false
	}
	return t, ok
}

// authorize adds an authorization to headers of the same level of the file.
func (p *parser) authorize(n *node, list []Header) (with []Header, none bool) {
	h, given, none := p.auth(n)
	if (given || none) && indexHeader(list, authorization) >= 0 {
		p.wrong(n, "auth and a header Authorization: give one of them")
	}
	if given {
		list = append(list, h)
	}
	return list, none
}

// stepAuth is authorize for a step, whose own authorization goes before that of
// http and whose none takes that away.
func (p *parser) stepAuth(n *node, own, defaults []Header) (mine, rest []Header) {
	mine, none := p.authorize(n, own)
	if i := indexHeader(defaults, authorization); none && i >= 0 {
		defaults = slices.Delete(slices.Clone(defaults), i, i+1)
	}
	return mine, defaults
}
