package scenarios

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The grammar of expressions, inside text:
//
//	${vars.name}             the file's own, put in when it is read
//	${rand.int(1, 100000)}   a whole number, both ends included
//	${rand.zipf(100000, 1)}  1…n, the k-th most popular with probability ∝ 1/kˢ
//	${rand.uuid}             a random UUID
//	${vu.id}                 the virtual user's number, from 0
//	${vu.iteration}          how many iterations it has done
//	$${                      the characters ${
//
// An argument may be a variable: ${rand.int(1, vars.items)}. What the command line and the
// environment say of a variable is no text of the file: see seal.

// expressions are all names with an example of each, for hints; vars.NAME comes on top.
var expressions = [...]struct{ name, example string }{
	{"rand.int", "${rand.int(1, 1000)}"},
	{"rand.zipf", "${rand.zipf(1000, 1)}"},
	{"rand.uuid", "${rand.uuid}"},
	{"vu.id", "${vu.id}"},
	{"vu.iteration", "${vu.iteration}"},
}

// expandVars puts variables into text.
func (r *reader) expandVars(n *node, text string) (string, bool) {
	const open = "${vars."
	var b strings.Builder
	ok := true
	for {
		at := strings.Index(text, open)
		if at < 0 {
			return b.String() + text, ok
		}
		name, rest, closed := strings.Cut(text[at+len(open):], "}")
		if at > 0 && text[at-1] == '$' || !closed {
			b.WriteString(text[:at+len(open)])
			text = text[at+len(open):]
			continue
		}
		value, known := r.variable(n, name)
		ok = ok && known
		b.WriteString(text[:at] + value)
		text = rest
	}
}

func (r *reader) variable(n *node, name string) (string, bool) {
	value, ok := r.vars[name]
	if ok && r.noting != nil {
		r.noting(name)
	}
	switch {
	case ok:
	case len(r.vars) == 0:
		r.hinted(n, "vars: {"+shorten(name)+": …} at the top of the file declares it", "unknown variable %q", name)
	default:
		r.unknown(n, "variable", name, sortedKeys(r.vars))
	}
	return value, ok
}

// template reads text with expressions.
func (r *reader) template(n *node, what string) (*Template, bool) {
	text, ok := r.scalar(n, what)
	if !ok {
		return nil, false
	}
	return r.compile(n, what, text)
}

// compile turns text, in which variables are already put, into a template.
func (r *reader) compile(n *node, what, text string) (*Template, bool) {
	t := &Template{}
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			t.literal(text)
			return t, true
		}
		if at > 0 && text[at-1] == '$' {
			t.literal(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		t.literal(text[:at])
		body, rest, closed := strings.Cut(text[at+2:], "}")
		if !closed {
			r.hinted(n, "write $${ for the characters themselves", "%s: ${ is not closed", what)
			return nil, false
		}
		p, ok := r.expression(n, what, strings.TrimSpace(body))
		if !ok {
			return nil, false
		}
		p.source = unsealed(strings.TrimSpace(body))
		t.parts = append(t.parts, p)
		text = rest
	}
}

// literal adds literal text, to the part before it if that is literal too.
func (t *Template) literal(text string) {
	if text = unsealed(text); text == "" {
		return
	}
	if last := len(t.parts) - 1; last >= 0 && t.parts[last].kind == literal {
		t.parts[last].literal = append(t.parts[last].literal, text...)
		return
	}
	t.parts = append(t.parts, part{literal: []byte(text)})
}

// join adds the parts of another template.
func (t *Template) join(o *Template) {
	for _, p := range o.parts {
		if p.kind == literal {
			t.literal(string(p.literal))
		} else {
			t.parts = append(t.parts, p)
		}
	}
}

// expression reads what stands between ${ and }.
func (r *reader) expression(n *node, what, text string) (part, bool) {
	name, args, call := strings.Cut(text, "(")
	if call && !strings.HasSuffix(args, ")") {
		r.wrong(n, "%s: ${%s} lacks its closing )", what, r.shown(text))
		return part{}, false
	}
	values := r.arguments(n, strings.TrimSuffix(args, ")"))
	p, err := newPart(strings.TrimSpace(name), values)
	if err == nil {
		return p, true
	}
	if later, ok := notYet(name); ok {
		r.hinted(n, laterHints[later], "%s: ${%s} is not supported yet", what, later)
		return part{}, false
	}
	r.hinted(n, r.hintFor(err, name), "%s: ${%s}: %v", what, r.shown(text), err)
	return part{}, false
}

// arguments splits a call's arguments and puts variables in.
func (r *reader) arguments(n *node, text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	args := strings.Split(text, ",")
	for i, a := range args {
		args[i] = strings.TrimSpace(a)
		if name, ok := strings.CutPrefix(args[i], "vars."); ok {
			args[i], _ = r.variable(n, name)
		}
	}
	return args
}

// notYet names expressions of the full grammar that are not built.
func notYet(name string) (string, bool) {
	for _, prefix := range []string{"feed.", "setup.", "secret", "env"} {
		if strings.HasPrefix(name, prefix) {
			return strings.TrimSuffix(prefix, ".") + "…", true
		}
	}
	return "", false
}

// laterHints say what to write instead of some of them.
var laterHints = map[string]string{
	"env…":    `declare vars: {token: ""}, write ${vars.token}, and give LOADCTL_VAR_token=…`,
	"secret…": `declare vars: {token: ""}, write ${vars.token}, and give LOADCTL_VAR_token=…`,
	"feed…":   "${rand.int(1, 1000)} draws a number of a range",
}

type unknownExpression struct{}

func (unknownExpression) Error() string { return "unknown expression" }

func (r *reader) hintFor(err error, name string) string {
	if _, ok := r.vars[name]; ok {
		return "did you mean ${vars." + name + "}?"
	}
	if errors.Is(err, unknownExpression{}) {
		return expressionHint(name)
	}
	return ""
}

// expressionHint says what was probably meant, or else all that there is.
func expressionHint(name string) string {
	var names, examples []string
	for _, e := range expressions {
		names, examples = append(names, e.name), append(examples, e.example)
	}
	if near := closest(name, names); near != "" {
		return ask(near)
	}
	return "one of ${vars.NAME}, " + strings.Join(examples, ", ")
}

func newPart(name string, args []string) (part, error) {
	switch name {
	case "rand.int":
		return newRandInt(args)
	case "rand.zipf":
		return newRandZipf(args)
	}
	kind, ok := map[string]partKind{"rand.uuid": randUUID, "vu.id": vuID, "vu.iteration": vuIteration}[name]
	switch {
	case !ok:
		return part{}, unknownExpression{}
	case len(args) > 0:
		return part{}, fmt.Errorf("takes no arguments")
	}
	return part{kind: kind}, nil
}

func newRandInt(args []string) (part, error) {
	if len(args) != 2 {
		return part{}, fmt.Errorf("takes two arguments, the least and the largest value")
	}
	low, errLow := parseInt(args[0])
	high, errHigh := parseInt(args[1])
	switch {
	case errLow != nil || errHigh != nil:
		return part{}, fmt.Errorf("takes two whole numbers")
	case low > high:
		return part{}, fmt.Errorf("%d is more than %d", low, high)
	case low == math.MinInt64 && high == math.MaxInt64:
		return part{}, fmt.Errorf("the range is too wide")
	}
	return part{kind: randInt, low: low, span: uint64(high) - uint64(low) + 1}, nil
}

// maxZipf is the largest n whose neighbours a float64 still tells apart in use.
const maxZipf = 1_000_000_000_000

func newRandZipf(args []string) (part, error) {
	if len(args) != 2 {
		return part{}, fmt.Errorf("takes two arguments, how many keys and the exponent")
	}
	n, err := parseInt(args[0])
	s, ok := parseNumber(args[1])
	switch {
	case err != nil || n < 1 || n > maxZipf:
		return part{}, fmt.Errorf("the number of keys must be a whole number from 1 to %d", int64(maxZipf))
	case !ok || s <= 0 || s > 10:
		return part{}, fmt.Errorf("the exponent must be more than 0 and at most 10")
	}
	return part{kind: randZipf, zipf: newZipf(uint64(n), s)}, nil
}

func parseInt(text string) (int64, error) {
	return strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
}
