package scenarios

import (
	"strings"
	"unicode/utf8"
)

// varsOf finds vars: before anything else is read.
func (p *parser) varsOf(root *node) []entry {
	if root.Kind != mappingNode {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "vars" {
			return p.entries(root.Content[i+1], "vars")
		}
	}
	return nil
}

// readVars sets the variables: the file's values, replaced by the environment's,
// replaced by the command line's. A value may use variables above it.
func (p *parser) readVars(entries []entry) {
	p.vars, p.madeOf = make(map[string]string, len(entries)), map[string][]string{}
	p.s.Vars, p.s.Replaced = map[string]string{}, map[string]string{}
	for _, e := range entries {
		if !isWord(e.Name) {
			p.wrong(e.Key, "vars: a name has letters, digits, - and _, got %q", shorten(e.Name))
			continue
		}
		p.noting = func(of string) { p.madeOf[e.Name] = append(p.madeOf[e.Name], of) }
		value, ok := p.scalar(e.Value, "vars."+e.Name)
		p.noting = nil
		if !ok {
			continue
		}
		if given, has := p.given(e.Name, entries); has {
			value = p.replace(e, given)
		}
		p.vars[e.Name] = value
		p.s.Vars[e.Name] = unsealed(value)
	}
	p.strayVars(entries)
}

// given is what the command line, or else the environment, says of a variable.
func (p *parser) given(name string, entries []entry) (string, bool) {
	if v, has := p.o.Vars[name]; has {
		return v, true
	}
	return p.fromEnv(name, entries)
}

// replace takes the value of a variable from outside the file.
func (p *parser) replace(e entry, value string) string {
	if !utf8.ValidString(value) {
		p.wrong(e.Key, "vars.%s: the value given for it is not UTF-8", e.Name)
	}
	p.s.Replaced[e.Name] = value
	return seal(value)
}

// seal marks each $ of a value that is not the file's with a byte that no UTF-8 has, so
// that no expression begins there: a password with ${ in it is sent as it is. What makes
// text of values takes the mark off again, with unsealed.
func seal(value string) string { return strings.ReplaceAll(value, "$", sealedDollar) }

func unsealed(text string) string { return strings.ReplaceAll(text, sealedDollar, "$") }

const sealedDollar = "\xff"

// strayVars refuses options for variables the file does not have: a mistyped -e
// would otherwise run another load than was asked for.
func (p *parser) strayVars(entries []entry) {
	line, col := 1, 1
	if len(entries) > 0 {
		line, col = entries[0].Key.Line, entries[0].Key.Column
	}
	for _, name := range sortedKeys(p.o.Vars) {
		if !hasName(entries, name) {
			p.at(line, col, ask(closest(name, sortedKeys(p.vars))), "the file has no variable %q to set", name)
		}
	}
}

// fromEnv is what the environment says of a variable: by exactly its name, else by
// the first name that differs in case alone and is no other variable's.
func (p *parser) fromEnv(name string, entries []entry) (string, bool) {
	if v, has := p.o.Env[name]; has {
		return v, true
	}
	for _, k := range sortedKeys(p.o.Env) {
		if strings.EqualFold(k, name) && !hasName(entries, k) {
			return p.o.Env[k], true
		}
	}
	return "", false
}

// isWord says whether a name can be used in ${vars.name}.
func isWord(name string) bool {
	for _, c := range name {
		if !(c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return name != ""
}
