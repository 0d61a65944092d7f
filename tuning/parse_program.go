package tuning

import (
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// program reads a list of words, or text for the shell.
func (p *reading) program(n *document.Node, what string) *Program {
	if n.Kind == document.SequenceNode {
		return p.words(n, what)
	}
	if n = p.textOrList(n, what); n == nil {
		return nil
	}
	text, ok := p.Scalar(n, what)
	if ok && (strings.TrimSpace(text) == "" || strings.ContainsRune(text, 0)) {
		p.Wrong(n, "%s: is empty", what)
		return nil
	}
	if t, wrong := compile(text); wrong == "" && len(t.Env()) > 0 {
		p.Hinted(n, "write $"+t.Env()[0], "%s: this is shell, which has its own variables", what)
	}
	return &Program{Shell: text}
}

// textOrList refuses what is neither text nor a list.
func (p *reading) textOrList(n *document.Node, what string) *document.Node {
	if n.Kind == document.ScalarNode {
		return n
	}
	p.Hinted(n, "such as "+what+": [systemctl, restart, web]", "%s must be a list of words or text for the shell, got %s", what, document.Describe(n))
	return nil
}

func (p *reading) words(n *document.Node, what string) *Program {
	run := &Program{}
	for _, item := range p.List(n, what) {
		if t, ok := p.template(item, what); ok {
			run.Words = append(run.Words, t)
		}
	}
	if len(n.Content) == 0 || len(run.Words) > 0 && run.Words[0].text == "" {
		p.Wrong(n, "%s: names no program", what)
		return nil
	}
	return run
}

// template reads text with ${…} of parameters and of the environment.
func (p *reading) template(n *document.Node, what string) (Template, bool) {
	if v := p.Follow(n); v != nil && document.IsNull(v) {
		p.Wrong(v, "%s: a word is missing", what)
		return Template{}, false
	}
	text, ok := p.Scalar(n, what)
	if !ok {
		return Template{}, false
	}
	t, wrong := compile(text)
	if wrong != "" {
		p.Hinted(n, "write $${ for the characters themselves", "%s: %s", what, wrong)
		return t, false
	}
	for _, part := range t.parts {
		ok = p.known(n, what, part.name) && ok
	}
	return t, ok && !p.noNUL(n, what, text)
}

func (p *reading) noNUL(n *document.Node, what, text string) bool {
	if strings.ContainsRune(text, 0) {
		p.Wrong(n, "%s: holds a NUL", what)
		return true
	}
	return false
}

// known refuses names that ${…} cannot have.
func (p *reading) known(n *document.Node, what, name string) bool {
	env, isEnv := strings.CutPrefix(name, envPrefix)
	switch {
	case name == "" || name == valueName || slices.Contains(p.names, name) || isEnv && isEnvName(env):
		return true
	case isEnv:
		p.Wrong(n, "%s: ${%s}: %q is not the name of an environment variable", what, document.Shorten(name), document.Shorten(env))
	default:
		p.Hinted(n, document.Ask(document.Closest(name, append([]string{valueName}, p.names...))), "%s: unknown ${%s}: there are ${value}, ${env.NAME} and the params", what, document.Shorten(name))
	}
	return false
}
