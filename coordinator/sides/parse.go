package sides

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/loadctl/loadctl/scenarios/document"
)

// maxFile bounds a file that somebody writes by hand.
const maxFile = 1 << 16

// Parse reads how a side is started. Every mistake is told at once, with its place. Paths in the
// file are relative to it.
func Parse(file string, src []byte) (*Command, error) {
	p := &parser{Command: Command{File: file, Dir: filepath.Dir(file), Ready: Ready{Within: defaultReady}, Stop: Stop{Signal: syscall.SIGTERM, Within: defaultStop}}}
	if n := p.load(src); n != nil {
		p.command(n)
	}
	if len(p.mistakes) > 0 {
		return nil, &document.Errors{File: file, Mistakes: document.InOrder(p.mistakes), Source: src}
	}
	return &p.Command, nil
}

// A parser notes mistakes and goes on, so that all of a file are found.
type parser struct {
	Command
	mistakes []document.Mistake
}

func (p *parser) wrong(n *yaml.Node, text string, args ...any) {
	p.mistakes = append(p.mistakes, document.Mistake{Line: max(n.Line, 1), Col: max(n.Column, 1), Text: fmt.Sprintf(text, args...)})
}

func (p *parser) load(src []byte) (n *yaml.Node) {
	first := &yaml.Node{Line: 1, Column: 1}
	defer func() {
		if r := recover(); r != nil { // the library's way to say some mistakes
			p.wrong(first, "cannot be read: %v", r)
			n = nil
		}
	}()
	if len(src) > maxFile {
		p.wrong(first, "the file has %d bytes; at most %d are read", len(src), maxFile)
		return nil
	}
	var root yaml.Node
	err := yaml.Load(src, &root)
	switch {
	case err != nil && strings.HasSuffix(err.Error(), "no documents in stream") || err == nil && len(root.Content) == 0:
		p.wrong(first, "the file is empty: start and url are needed")
		return nil
	case err != nil:
		p.syntax(err)
		return nil
	}
	return root.Content[0]
}

// syntax notes a mistake of YAML itself. Only the first is known.
func (p *parser) syntax(err error) {
	at, text := &yaml.Node{}, strings.TrimPrefix(err.Error(), "yaml: ")
	if load, ok := errors.AsType[*yaml.LoadError](err); ok {
		at.Line, at.Column, text = load.Mark.Line, load.Mark.Column, load.Message
		if load.ContextMsg != "" {
			text = load.ContextMsg + ": " + text
		}
	}
	p.wrong(at, "%s", text)
}

func (p *parser) command(n *yaml.Node) {
	keys := p.keys(n, "the file", "start", "url", "ready", "stop", "env", "cwd", "logs")
	if keys == nil {
		return
	}
	for _, name := range []string{"start", "url"} {
		if keys[name] == nil {
			p.wrong(n, "%s is missing", name)
		}
	}
	p.Start = p.argv(keys["start"], "start")
	p.URL = p.url(keys["url"], "url")
	p.ready(keys["ready"])
	p.stop(keys["stop"])
	p.env(keys["env"])
	p.Dir = p.path(keys["cwd"], "cwd", p.Dir)
	p.Log = p.path(keys["logs"], "logs", "")
}

// keys gives the values of a mapping by name; those that are not known are mistakes.
func (p *parser) keys(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	if n = resolved(n); n.Kind != yaml.MappingNode {
		p.wrong(n, "%s must be a mapping of %s", what, strings.Join(known, ", "))
		return nil
	}
	keys := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		switch {
		case len(known) > 0 && !slices.Contains(known, key.Value):
			p.wrong(key, "unknown key %q in %s: there are %s", key.Value, what, strings.Join(known, ", "))
		case keys[key.Value] != nil:
			p.wrong(key, "%q is given twice", key.Value)
		default:
			keys[key.Value] = value
		}
	}
	return keys
}

// resolved is what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	for range 100 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

// text is a word or a line; a missing node has none.
func (p *parser) text(n *yaml.Node, what string) string {
	switch {
	case n == nil:
		return ""
	case n.Kind != yaml.ScalarNode || n.Value == "" || n.ShortTag() == "!!null":
		p.wrong(n, "%s must be text", what)
		return ""
	case strings.ContainsRune(n.Value, 0):
		p.wrong(n, "%s has a NUL in it", what)
		return ""
	}
	return n.Value
}

// argv is a list of words, or a line that the shell reads.
func (p *parser) argv(n *yaml.Node, what string) (words []string) {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		if line := p.text(n, what); line != "" {
			return []string{"/bin/sh", "-c", line}
		}
		return nil
	}
	if len(n.Content) == 0 {
		p.wrong(n, "%s is empty", what)
	}
	for i, item := range n.Content {
		words = append(words, p.text(resolved(item), fmt.Sprintf("%s[%d]", what, i)))
	}
	return words
}

func (p *parser) url(n *yaml.Node, what string) string {
	text := p.text(n, what)
	if text == "" {
		return ""
	}
	if err := checkURL(text); err != nil {
		p.wrong(n, "%s: %v", what, err)
	}
	return text
}

func (p *parser) ready(n *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		p.Ready.URL = p.url(n, "ready")
	default:
		keys := p.keys(n, "ready", "url", "within")
		p.Ready.URL = p.url(keys["url"], "ready.url")
		p.Ready.Within = p.duration(keys["within"], "ready.within", defaultReady)
	}
}

func (p *parser) stop(n *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		p.Stop.Signal = p.signal(n, "stop")
	case n.Kind == yaml.SequenceNode:
		p.Stop.Run = p.argv(n, "stop")
	default:
		keys := p.keys(n, "stop", "signal", "run", "within")
		if keys["signal"] != nil {
			p.Stop.Signal = p.signal(keys["signal"], "stop.signal")
		}
		p.Stop.Run = p.argv(keys["run"], "stop.run")
		p.Stop.Within = p.duration(keys["within"], "stop.within", defaultStop)
	}
}

// signals are those that ask a program to end.
var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}

func (p *parser) signal(n *yaml.Node, what string) syscall.Signal {
	text := p.text(n, what)
	s, ok := signals[strings.TrimPrefix(strings.ToUpper(text), "SIG")]
	if !ok && text != "" {
		p.wrong(n, "%s: %q is none of TERM, INT, QUIT, HUP, KILL; a command is a list: [program, argument]", what, text)
	}
	return s
}

func (p *parser) duration(n *yaml.Node, what string, otherwise time.Duration) time.Duration {
	text := p.text(n, what)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longest {
		p.wrong(n, "%s: want a time of at most %s, such as 30s, got %q", what, longest, text)
		return otherwise
	}
	return d
}

func (p *parser) env(n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.wrong(n, "env must be a mapping of names to values")
		return
	}
	seen := p.keys(n, "env")
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		switch {
		case key.Value == "" || strings.ContainsAny(key.Value, "=\x00"):
			p.wrong(key, "env: %q is no name of a variable", key.Value)
		case value.Kind != yaml.ScalarNode || strings.ContainsRune(value.Value, 0):
			p.wrong(value, "env.%s must be text", key.Value)
		case seen[key.Value] == value:
			p.Env = append(p.Env, key.Value+"="+value.Value)
		}
	}
}

// path is relative to the file.
func (p *parser) path(n *yaml.Node, what, otherwise string) string {
	text := p.text(n, what)
	switch {
	case text == "":
		return otherwise
	case filepath.IsAbs(text):
		return text
	}
	return filepath.Join(filepath.Dir(p.File), text)
}
