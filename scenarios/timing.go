package scenarios

import (
	"slices"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// A Timing is what is recorded of the Server-Timing headers of a step's answers.
type Timing struct {
	Names []string // the parts that are; nil = all but total
}

// wholeTime is the name by which many services tell their whole time: the other parts are
// parts of it.
const wholeTime = "total"

// Wants says whether a part is recorded.
func (t *Timing) Wants(name []byte) bool {
	if t.Names == nil {
		return len(name) != len(wholeTime) || !strings.EqualFold(string(name), wholeTime)
	}
	for _, n := range t.Names {
		if n == string(name) {
			return true
		}
	}
	return false
}

// timing reads server_timing: true, false, or the names of parts.
func (p *parser) timing(o *object, to **Timing) {
	n := o.get("server_timing")
	switch {
	case n == nil:
	case n.Kind == sequenceNode:
		*to = &Timing{Names: p.partNames(n)}
	default:
		if on, ok := p.flag(n, "server_timing"); ok {
			*to = map[bool]*Timing{true: {}}[on]
		}
	}
}

func (p *parser) partNames(n *node) []string {
	names := []string{}
	for _, item := range p.list(n, "server_timing") {
		name, ok := p.text(item, "server_timing")
		switch {
		case !ok:
		case !isToken(name) || len(name) > stats.MaxToldName:
			p.wrong(item, "server_timing: %q cannot be the name of a part", shorten(name))
		case slices.Contains(names, name):
			p.wrong(item, "server_timing: %s is there twice", name)
		default:
			names = append(names, name)
		}
	}
	if len(names) == 0 || len(names) > stats.MaxTold {
		p.hinted(n, "true takes every part", "server_timing: name 1 to %d parts", stats.MaxTold)
	}
	return names
}
