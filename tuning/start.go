package tuning

import (
	"maps"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/scenarios/document"
)

// A sort is a sort of parameter for which laws know where to begin.
type sort struct {
	facts string // that can be said of it
	needs string // groups of which one must be whole, facts of a group joined by +
}

// sorts are those whose values coordinator/tune can work out, by name.
func sorts() map[string]sort {
	return map[string]sort{
		"workers":       {"cores wait compute busy processes alpha beta most", "cores alpha+beta"},
		"threads":       {"cores wait compute busy processes alpha beta most", "cores+compute alpha+beta"},
		"pool":          {"rate hold processes may_wait cores spindles takers each alpha beta most", "rate+hold cores takers+each alpha+beta"},
		"upstream_pool": {"rate hold processes may_wait alpha beta most", "rate+hold alpha+beta"},
		"max_overflow":  {"rate hold processes may_wait most", "rate+hold"},
		"cache_ttl":     {"key_rate stale", "key_rate stale"},
	}
}

// Sorts are the names that start: can have, sorted.
func Sorts() []string { return slices.Sorted(maps.Keys(sorts())) }

// start reads {start: a sort, with facts}.
func (p *reading) start(n *document.Node) *Start {
	var of string
	for _, e := range p.Mapping(n, "values") {
		if e.Name == "start" {
			of, _ = p.Text(e.Value, "start")
			if _, known := sorts()[of]; !known {
				p.Unknown(e.Value, "start", document.Shorten(of), Sorts())
				return nil
			}
		}
	}
	known := sorts()[of]
	o := p.Object(n, "values of start: "+of, document.Keys{Known: "start " + known.facts})
	s := &Start{Of: of, Facts: map[string]float64{}, Line: n.Line}
	for _, fact := range strings.Fields(known.facts) {
		if v := o.Get(fact); v != nil {
			p.fact(v, fact, s.Facts)
		}
	}
	if len(o.Meant) == 0 && !slices.ContainsFunc(strings.Fields(known.needs), func(group string) bool { return hasAll(o, group) }) {
		p.Wrong(n, "values of start: %s: no law has its facts: give %s", of, strings.ReplaceAll(strings.Join(strings.Fields(known.needs), ", or "), "+", " and "))
	}
	return s
}

func hasAll(o *document.Object, group string) bool {
	for _, fact := range strings.Split(group, "+") {
		if !o.Has(fact) {
			return false
		}
	}
	return true
}

// fact reads one in its unit.
func (p *reading) fact(n *document.Node, name string, to map[string]float64) {
	switch name {
	case "rate", "key_rate":
		if v, ok := p.Rate(n, name); ok {
			p.more(n, name, v, to)
		}
	case "hold", "compute", "stale", "wait":
		if d, ok := p.Duration(n, name, 1); ok {
			to[name] = d.Seconds()
		}
	case "may_wait", "busy", "beta":
		if v, ok := p.Fraction(n, name); ok {
			p.more(n, name, v, to)
		}
	case "alpha":
		if v, ok := p.Fraction(n, name); ok {
			to[name] = v
		}
	default:
		if v, ok := p.Count(n, name, 1); ok {
			to[name] = float64(v)
		}
	}
}

// more keeps a fact that must not be 0.
func (p *reading) more(n *document.Node, name string, v float64, to map[string]float64) {
	if v == 0 {
		p.Wrong(n, "%s: must be more than 0", name)
		return
	}
	to[name] = v
}
