package sides

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// Parse reads how a side is started. Every mistake is told at once, with its place. Paths in the
// file are relative to it. ${…} means nothing here: it is for the shell.
func Parse(file string, src []byte) (*Command, error) {
	p := &parser{Command: Command{File: file, Dir: filepath.Dir(file), Ready: Ready{Within: defaultReady}, Stop: Stop{Signal: syscall.SIGTERM, Within: defaultStop}}}
	if root := p.Load(src); root != nil {
		p.command(root)
	}
	if len(p.Mistakes) > 0 {
		return nil, &document.Errors{File: file, Mistakes: document.InOrder(p.Mistakes), Source: src}
	}
	return &p.Command, nil
}

// A parser reads one file.
type parser struct {
	document.Reader
	Command
}

func (p *parser) command(root *document.Node) {
	top := p.Object(root, "the file", document.Keys{Known: "start url ready stop env cwd logs"})
	if !top.IsMapping() {
		return
	}
	p.Start = p.argv(top.Require("start"), "start")
	p.URL = p.url(top.Require("url"), "url")
	p.ready(top.Get("ready"))
	p.stop(top.Get("stop"))
	p.env(top.Get("env"))
	p.path(top.Get("cwd"), "cwd", &p.Dir)
	p.path(top.Get("logs"), "logs", &p.Log)
}

// text is a word or a line; a missing node has none.
func (p *parser) text(n *document.Node, what string) string {
	if n == nil {
		return ""
	}
	text, ok := p.Scalar(n, what)
	switch {
	case !ok:
		return ""
	case text == "" || document.IsNull(n):
		p.Wrong(n, "%s is empty", what)
		return ""
	case strings.ContainsRune(text, 0):
		p.Wrong(n, "%s has a NUL in it", what)
		return ""
	}
	return text
}

// argv is a list of words, or a line that the shell reads.
func (p *parser) argv(n *document.Node, what string) (words []string) {
	if n == nil {
		return nil
	}
	if n.Kind == document.ScalarNode {
		if line := p.text(n, what); line != "" {
			return []string{"/bin/sh", "-c", line}
		}
		return nil
	}
	items := p.List(n, what)
	if n.Kind == document.SequenceNode && len(items) == 0 {
		p.Wrong(n, "%s is empty", what)
	}
	for i, item := range items {
		words = append(words, p.text(p.Follow(item), fmt.Sprintf("%s[%d]", what, i)))
	}
	return words
}

func (p *parser) url(n *document.Node, what string) string {
	text := p.text(n, what)
	if text == "" {
		return ""
	}
	if err := checkURL(text); err != nil {
		p.Wrong(n, "%s: %v", what, err)
	}
	return text
}

func (p *parser) ready(n *document.Node) {
	if n != nil && n.Kind == document.ScalarNode {
		p.Ready.URL = p.url(n, "ready")
		return
	}
	o := p.Object(n, "ready", document.Keys{Known: "url within"})
	p.Ready.URL = p.url(o.Get("url"), "ready.url")
	p.within(o, &p.Ready.Within)
}

// within reads how long something may take.
func (p *parser) within(o *document.Object, to *time.Duration) {
	n := o.Get("within")
	if n == nil {
		return
	}
	if d, ok := p.Duration(n, o.What+".within", 1); ok && d > longest {
		p.Wrong(n, "%s.within: must be at most %s, got %s", o.What, longest, d)
	} else if ok {
		*to = d
	}
}

func (p *parser) stop(n *document.Node) {
	switch {
	case n == nil:
	case n.Kind == document.ScalarNode:
		p.signal(n, "stop")
	case n.Kind == document.SequenceNode:
		p.Stop.Run = p.argv(n, "stop")
	default:
		o := p.Object(n, "stop", document.Keys{Known: "signal run within"})
		p.signal(o.Get("signal"), "stop.signal")
		p.Stop.Run = p.argv(o.Get("run"), "stop.run")
		p.within(o, &p.Stop.Within)
	}
}

// signals are those that ask a program to end.
var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}

func (p *parser) signal(n *document.Node, what string) {
	text := p.text(n, what)
	if text == "" {
		return
	}
	s, ok := signals[strings.TrimPrefix(strings.ToUpper(text), "SIG")]
	if !ok {
		p.Hinted(n, "a command is a list: [program, argument]", "%s: %q is none of TERM, INT, QUIT, HUP, KILL", what, document.Shorten(text))
		return
	}
	p.Stop.Signal = s
}

func (p *parser) env(n *document.Node) {
	for _, e := range p.Mapping(n, "env") {
		value := p.Follow(e.Value)
		if e.Name == "" || strings.ContainsAny(e.Name, "=\x00") {
			p.Wrong(e.Key, "env: %q is no name of a variable", document.Shorten(e.Name))
			continue
		}
		switch text, ok := p.Scalar(value, "env."+e.Name); {
		case !ok:
		case document.IsNull(value) || strings.ContainsRune(text, 0):
			p.Hinted(value, `"" is an empty one`, "env.%s must be text", e.Name)
		default:
			p.Env = append(p.Env, e.Name+"="+text)
		}
	}
}

// path is relative to the file.
func (p *parser) path(n *document.Node, what string, to *string) {
	text := p.text(n, what)
	switch {
	case text == "":
	case filepath.IsAbs(text):
		*to = text
	default:
		*to = filepath.Join(filepath.Dir(p.File), text)
	}
}
