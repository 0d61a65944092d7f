package tuning

import (
	"cmp"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
	"github.com/loadctl/loadctl/stats"
)

// Parse reads and checks a tuning file. The error is *document.Errors and holds every
// mistake of the file. Files that it names are not looked at.
func Parse(file string, src []byte) (*File, error) {
	name := file[strings.LastIndexAny(file, `/\`)+1:]
	name, _, _ = strings.Cut(name, ".")
	p := &reading{f: &File{Name: name, Source: src}}
	if root := p.Load(src); root != nil {
		p.file(root)
	}
	if len(p.Mistakes) > 0 {
		return nil, &document.Errors{File: file, Mistakes: document.InOrder(p.Mistakes), Source: src}
	}
	return p.f, nil
}

// A reading reads one file.
type reading struct {
	document.Reader
	f     *File
	names []string // of the parameters, for what is read after them
}

func (p *reading) file(root *document.Node) {
	top := p.Object(root, "the file", document.Keys{
		Known: "version name scenario slo goal compare load length settle margin slack seed target params constraints cost restart health budget secrets",
	})
	if !top.IsMapping() {
		return
	}
	p.version(top)
	top.Text("name", &p.f.Name)
	if n := top.Require("scenario"); n != nil {
		top.Text("scenario", &p.f.Scenario)
		if p.f.Scenario == "" {
			p.Hinted(n, "such as ../scenarios/items.yaml", "scenario: name the file of the load")
		}
	}
	p.slo(top.Get("slo"))
	p.aims(top)
	p.admin(top.Get("target"))
	p.params(top)
	p.constraints(top.Get("constraints"))
	p.wholeCost(top.Get("cost"))
	p.f.Restart = p.restarts(top.Get("restart"))
	p.f.Health = p.health(top.Get("health"))
	p.budget(top.Get("budget"))
	p.secrets(top.Get("secrets"))
}

func (p *reading) version(top *document.Object) {
	version := 1
	top.Count("version", 0, &version)
	if version != 1 {
		p.Wrong(top.Get("version"), "version %d: this loadctl reads version 1", version)
	}
}

// slo has the syntax of a scenario's: a mapping from a metric to one limit or a list.
func (p *reading) slo(n *document.Node) {
	for _, e := range p.Mapping(n, "slo") {
		items := []*document.Node{e.Value}
		if v := p.Present(e.Value); v != nil && v.Kind == document.SequenceNode {
			items = v.Content
		}
		for _, item := range items {
			p.limit(e, item)
		}
	}
}

func (p *reading) limit(e document.Entry, item *document.Node) {
	if p.Present(item) == nil {
		p.Wrong(e.Key, "%s has no limit", document.Shorten(e.Name))
		return
	}
	text, ok := p.Text(item, "slo")
	if !ok {
		return
	}
	t, err := stats.ParseThreshold(e.Name, text)
	if err != nil {
		p.Wrong(item, "%v", err)
		return
	}
	t.SLO, t.Line = true, item.Line
	p.f.SLO = append(p.f.SLO, t)
}

// aims reads what is looked for, and by which trials.
func (p *reading) aims(top *document.Object) {
	goal, by := 0, 0
	goals, ways := []string{string(Most), string(Cheapest)}, []string{string(Throughput), string(Capacity)}
	top.Choice("goal", goals, &goal)
	top.Choice("compare", ways, &by)
	p.f.Goal, p.f.Compare = Goal(goals[goal]), Compare(ways[by])
	top.Duration("length", 1, &p.f.Length)
	top.Duration("settle", 0, &p.f.Settle)
	p.part(top, "margin", &p.f.Margin)
	p.part(top, "slack", &p.f.Slack)
	seed := 0
	top.Count("seed", 0, &seed)
	p.f.Seed = uint64(seed)
	load := p.Object(top.Get("load"), "load", document.Keys{Known: "users rate connections"})
	load.Count("users", 1, &p.f.Users)
	load.Rate("rate", &p.f.Rate)
	load.Count("connections", 1, &p.f.Connections)
	if load.Has("users") && load.Has("rate") {
		p.Wrong(load.Get("rate"), "load: users who wait for answers have no rate: take users or rate out")
	}
	if p.f.Goal == Cheapest && p.f.Rate == 0 && p.f.Connections == 0 {
		p.Hinted(cmp.Or(load.Node, top.Get("goal")), "such as load: {connections: 50000}", "goal cheapest: say what the setting must hold: a rate or connections")
	}
}

// part reads a share that is neither nothing nor all. Nothing would be taken for not given, and have the default.
func (p *reading) part(top *document.Object, key string, to *float64) {
	n := top.Get(key)
	if n == nil {
		return
	}
	v, ok := p.Fraction(n, key)
	switch {
	case !ok:
	case v <= 0 || v >= 1:
		p.Hinted(n, "such as 0.1%", "%s: must be more than 0%% and less than 100%%, got %s", key, document.Shorten(n.Value))
	default:
		*to = v
	}
}

func (p *reading) admin(n *document.Node) {
	o := p.Object(p.Brief(n, "target", "target: {admin: http://127.0.0.1:9000}"), "target", document.Keys{Known: "admin"})
	if v := o.Get("admin"); v != nil {
		o.Text("admin", &p.f.Admin)
		p.checkURL(v, "admin", p.f.Admin, "http", "https")
	}
}

// budget reads a time, or {time, trials}.
func (p *reading) budget(n *document.Node) {
	if n != nil && n.Kind == document.ScalarNode {
		p.f.Budget.Time, _ = p.Duration(n, "budget", 1)
		return
	}
	o := p.Object(n, "budget", document.Keys{Known: "time trials"})
	o.Duration("time", 1, &p.f.Budget.Time)
	o.Count("trials", 1, &p.f.Budget.Trials)
}

func (p *reading) secrets(n *document.Node) {
	for _, item := range p.List(n, "secrets") {
		if name, ok := p.Text(item, "secrets"); ok && !isEnvName(name) {
			p.Wrong(item, "secrets: %q is not the name of an environment variable", document.Shorten(name))
		} else if ok {
			p.f.Secrets = append(p.f.Secrets, name)
		}
	}
}

// isEnvName says whether a shell could have a variable of that name.
func isEnvName(name string) bool {
	for i, c := range name {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
