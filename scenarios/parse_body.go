package scenarios

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// body reads what a request carries: body: is text as it is, json: is any YAML
// value, written as JSON, and body_file: and body_size: are streamed.
func (p *parser) body(o *object, s *Step) {
	text, value := o.get("body"), o.get("json")
	p.oneBody(o)
	switch {
	case o.has("body_file") || o.has("body_size"):
		s.Extra = &Extra{Upload: p.upload(o, s)}
	case text != nil:
		if t, ok := p.template(text, "body"); ok {
			s.Body = t
		}
	case value != nil:
		s.Body = &Template{}
		p.json(s.Body, value, 0)
		s.Headers = []Header{{"Content-Type", literalTemplate("application/json")}}
	case s.Method == "POST" || s.Method == "PUT" || s.Method == "PATCH":
		s.Body = literalTemplate("")
	}
}

// oneBody notes what would be a second body.
func (p *parser) oneBody(o *object) {
	var found []string
	for _, key := range []string{"body", "json", "body_file", "body_size"} {
		if o.has(key) {
			found = append(found, key)
		}
	}
	if len(found) > 1 {
		p.wrong(o.get(found[0]), "a request has one body: give %s", strings.Join(found, " or "))
	}
}

// json writes a node as JSON at the end of t.
func (p *parser) json(t *Template, n *node, depth int) {
	n = p.follow(n)
	switch {
	case n == nil:
	case depth > maxDepth:
		p.wrong(n, "json: more than %d levels deep", maxDepth)
	case n.Kind == mappingNode:
		p.jsonObject(t, n, depth)
	case n.Kind == sequenceNode:
		p.jsonArray(t, n, depth)
	default:
		p.jsonScalar(t, n)
	}
}

func (p *parser) jsonObject(t *Template, n *node, depth int) {
	t.literal("{")
	for i, e := range p.entries(n, "json") {
		if i > 0 {
			t.literal(",")
		}
		if key, ok := p.text(e.Key, "json"); ok {
			t.literal(quoteJSON(key) + ":")
		}
		p.json(t, e.Value, depth+1)
	}
	t.literal("}")
}

func (p *parser) jsonArray(t *Template, n *node, depth int) {
	t.literal("[")
	for i, item := range n.Content {
		if i > 0 {
			t.literal(",")
		}
		p.json(t, item, depth+1)
	}
	t.literal("]")
}

// jsonScalar writes one value. Plain text that is one number expression, or a
// variable that is a number, is a number; what is quoted in YAML is a string.
func (p *parser) jsonScalar(t *Template, n *node) {
	text, ok := p.scalar(n, "json")
	if !ok {
		return
	}
	value, ok := p.compile(n, "json", text)
	if !ok {
		return
	}
	plain := n.Style == 0
	switch {
	case plain && len(value.parts) == 1 && value.parts[0].isNumber():
		t.join(value)
	case plain && value.Static():
		p.jsonPlain(t, n, value.text())
	default:
		t.joinQuoted(value)
	}
}

func (p *part) isNumber() bool { return p.kind != literal && p.kind != randUUID }

// jsonPlain writes unquoted text by what YAML takes it for.
func (p *parser) jsonPlain(t *Template, n *node, text string) {
	switch lower := strings.ToLower(text); lower {
	case "", "~", "null":
		t.literal("null")
	case "true", "false":
		t.literal(lower)
	case ".inf", "-.inf", "+.inf", ".nan":
		p.wrong(n, "json: %q is not a number JSON can hold", text)
	default:
		if number, ok := jsonNumber(text); ok {
			text = number
		} else {
			text = quoteJSON(text)
		}
		t.literal(text)
	}
}

// jsonNumber writes a YAML number, which may be 0x10, 1_000 or .5, as JSON has it.
func jsonNumber(text string) (string, bool) {
	var v json.Number
	if err := json.Unmarshal([]byte(text), &v); err == nil && text[0] != '"' {
		return text, true
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return strconv.FormatInt(n, 10), true
	}
	if n, ok := parseNumber(text); ok {
		return strconv.FormatFloat(n, 'g', -1, 64), true
	}
	return "", false
}

// joinQuoted adds another template as a JSON string. What its expressions give
// needs no escape.
func (t *Template) joinQuoted(o *Template) {
	t.literal(`"`)
	for _, p := range o.parts {
		if p.kind == literal {
			quoted := quoteJSON(string(p.literal))
			t.literal(quoted[1 : len(quoted)-1])
		} else {
			t.parts = append(t.parts, p)
		}
	}
	t.literal(`"`)
}

func quoteJSON(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return strconv.Quote(text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
