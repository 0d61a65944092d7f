package tuning

import (
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// hookKeys are what every hook may say beside what it does.
const hookKeys = "restart unit user_unit restore health within"

// doing are the keys of which a hook has one.
var doing = []string{string(Knob), string(Command), string(HTTP), string(EnvFile), string(SSH), string(LinodePlan)}

// applies reads one hook or a list of them.
func (p *reading) applies(n *document.Node) (all []Hook) {
	items := []*document.Node{n}
	if n.Kind == document.SequenceNode {
		items = n.Content
	}
	if len(items) == 0 {
		p.Wrong(n, "apply: give at least one hook")
	}
	for _, item := range items {
		if h, ok := p.hook(item, "apply", hookKeys); ok {
			all = append(all, h)
		}
	}
	return all
}

// restarts reads how the service is started anew: a command, or hooks of any kind but
// those that set something.
func (p *reading) restarts(n *document.Node) (all []Hook) {
	switch {
	case n == nil:
		return nil
	case n.Kind == document.ScalarNode, n.Kind == document.SequenceNode && len(n.Content) > 0 && n.Content[0].Kind == document.ScalarNode:
		if run := p.program(n, "restart"); run != nil {
			return []Hook{{Kind: Command, Line: n.Line, Run: run, Within: defaultWithin}}
		}
		return nil
	}
	items := []*document.Node{n}
	if n.Kind == document.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		h, ok := p.hook(item, "restart", "within")
		switch {
		case !ok:
		case h.Kind == Knob || h.Kind == EnvFile || h.Kind == LinodePlan:
			p.Hinted(item, "use command, http or ssh", "restart: %s sets a value and starts nothing", h.Kind)
		case slices.ContainsFunc(h.templates(), usesValue):
			p.Wrong(item, "restart: there is no one ${value}: name a param, such as ${%s}", strings.Join(p.names, "}, ${"))
		default:
			all = append(all, h)
		}
	}
	return all
}

func usesValue(t Template) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.name == valueName })
}

// read reads a hook that asks for a value.
func (p *reading) read(n *document.Node) *Hook {
	h, ok := p.hook(n, "read", "within")
	if !ok {
		return nil
	}
	return &h
}

// hook reads one: what it does, and what the place allows beside.
func (p *reading) hook(n *document.Node, what, beside string) (h Hook, ok bool) {
	if n = p.Present(n); n == nil || n.Kind != document.MappingNode {
		if n = p.Brief(n, what, what+": {target: pool_size}"); n != nil {
			p.Wrong(n, "%s: a hook is a mapping of keys to values, got %s", what, document.Describe(n))
		}
		return h, false
	}
	before := len(p.Mistakes)
	o := p.Object(n, what, document.Keys{Known: strings.Join(doing, " ") + " " + beside})
	h = Hook{Line: n.Line, Within: defaultWithin}
	var found []string
	for _, key := range doing {
		if o.Has(key) {
			found = append(found, key)
		}
	}
	switch {
	case len(found) > 1:
		p.Hinted(n, "write a list of hooks", "%s: a hook does one thing: it has %s", what, strings.Join(found, " and "))
	case len(found) == 0 && len(p.Mistakes) == before:
		p.Wrong(n, "%s: a hook needs one of %s", what, strings.Join(doing, ", "))
	case len(found) == 1:
		h.Kind = Kind(found[0])
		p.does(&h, o.Get(found[0]), what == "read")
		p.besides(&h, o)
	}
	return h, len(p.Mistakes) == before
}

// does reads what a hook does.
func (p *reading) does(h *Hook, n *document.Node, reads bool) {
	switch h.Kind {
	case Knob:
		h.Knob, _ = p.Text(n, "target")
		h.Knob = strings.ReplaceAll(h.Knob, "-", "_")
		if !isEnvName(h.Knob) {
			p.Hinted(n, "`loadctl target get` lists the settings", "target: %q is not the name of a setting", document.Shorten(h.Knob))
		}
	case Command:
		h.Run = p.program(n, "command")
	case HTTP:
		h.Request = p.request(n, reads)
	case EnvFile:
		h.File = p.envFile(n)
	case SSH:
		p.ssh(h, n)
	case LinodePlan:
		p.node(h, n, reads)
	}
}

func (p *reading) besides(h *Hook, o *document.Object) {
	o.Text("unit", &h.Unit)
	o.Flag("user_unit", &h.UserUnit)
	if n := o.Get("unit"); n != nil && (h.Unit == "" || strings.HasPrefix(h.Unit, "-") || strings.ContainsAny(h.Unit, " /\t\n\x00")) {
		p.Wrong(n, "unit: %q is not the name of a systemd unit", document.Shorten(h.Unit))
	}
	if n := o.Get("unit"); n != nil && h.Kind == SSH {
		p.Hinted(n, "such as restart: [sudo, systemctl, restart, "+h.Unit+"]", "unit: is of this machine, and the hook of another")
	}
	if n := o.Get("restart"); n != nil {
		h.Restart = p.program(n, "restart")
	}
	if n := o.Get("restore"); n != nil {
		h.Restore = p.program(n, "restore")
	}
	for _, key := range []string{"restart", "restore", "unit", "health"} {
		if n := o.Get(key); n != nil && h.Kind == LinodePlan {
			p.Wrong(n, "%s: each value has a fresh machine, which its setup starts, and which is given back: take it out", key)
		}
	}
	for _, key := range []string{"restart", "restore"} {
		if n := o.Get(key); n != nil && h.Kind == Knob {
			p.Wrong(n, "%s: a setting of the target is live, and is put back as it was set", key)
		}
	}
	h.Health = p.health(o.Get("health"))
	o.Duration("within", 1, &h.Within)
}

func (p *reading) envFile(n *document.Node) *EnvEntry {
	o := p.Object(p.Brief(n, "env_file", "env_file: {path: /etc/default/web, key: WORKERS}"), "env_file", document.Keys{Known: "path key"})
	f := &EnvEntry{}
	o.Require("path")
	o.Require("key")
	o.Text("path", &f.Path)
	o.Text("key", &f.Key)
	if n := o.Get("path"); n != nil && (f.Path == "" || strings.ContainsRune(f.Path, 0)) {
		p.Wrong(n, "path: %q is not the name of a file", document.Shorten(f.Path))
	}
	if n := o.Get("key"); n != nil && !isEnvName(f.Key) {
		p.Wrong(n, "key: %q is not the name of an environment variable", document.Shorten(f.Key))
	}
	return f
}

func (p *reading) ssh(h *Hook, n *document.Node) {
	o := p.Object(p.Brief(n, "ssh", "ssh: {host: web-1, command: [./set-workers, \"${value}\"]}"), "ssh", document.Keys{Known: "host port identity command"})
	h.Host = &Host{}
	at := o.Require("host")
	o.Text("host", &h.Host.Name)
	o.Text("identity", &h.Host.Identity)
	o.Count("port", 1, &h.Host.Port)
	if h.Host.Port > 65535 {
		p.Wrong(o.Get("port"), "port: must be at most 65535, got %d", h.Host.Port)
	}
	if name := h.Host.Name; at != nil && (name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " \t\n\x00")) {
		p.Wrong(at, "host: %q is not the name of a machine", document.Shorten(name))
	}
	if n := o.Require("command"); n != nil {
		h.Run = p.program(n, "command")
	}
}
