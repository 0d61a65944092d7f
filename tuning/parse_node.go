package tuning

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/scenarios/document"
)

const (
	nodeKeys  = "region image port from setup target ttl max_cost_usd"
	nodeBrief = `linode-plan: {region: us-ord, port: 8080, from: [203.0.113.7/32], setup: ./setup.sh, target: "http://${node.address}:8080"}`
)

// word is what names of regions and images look like.
var word = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]*$`)

// node reads the machine that has the plan.
func (p *reading) node(h *Hook, n *document.Node, reads bool) {
	if reads {
		p.Wrong(n, "read: linode-plan rents machines, and tells nothing")
		return
	}
	o := p.Object(p.Brief(n, "linode-plan", nodeBrief), "linode-plan", document.Keys{Known: nodeKeys})
	if !o.IsMapping() {
		return
	}
	h.Within = nodeWithin
	h.Node = &Node{Image: nodeImage, TTL: nodeTTL}
	for _, key := range []string{"region", "port", "from", "target"} {
		o.Require(key)
	}
	p.nodeWord(o, "region", &h.Node.Region)
	p.nodeWord(o, "image", &h.Node.Image)
	o.Count("port", 1, &h.Node.Port)
	if h.Node.Port > 65535 {
		p.Wrong(o.Get("port"), "port: must be at most 65535, got %d", h.Node.Port)
	}
	o.Duration("ttl", 1, &h.Node.TTL)
	h.Node.From = p.prefixes(o.Get("from"))
	p.maxCost(o.Get("max_cost_usd"), &h.Node.MaxCost)
	p.aboutNode(o, h.Node)
}

func (p *reading) nodeWord(o *document.Object, key string, to *string) {
	o.Text(key, to)
	if n := o.Get(key); n != nil && !word.MatchString(*to) {
		p.Wrong(n, "%s: %q is not the name of one", key, document.Shorten(*to))
	}
}

// aboutNode reads what is told of the machine itself.
func (p *reading) aboutNode(o *document.Object, node *Node) {
	names := p.names
	p.names = append(slices.Clone(names), NodeNames()...)
	defer func() { p.names = names }()
	if n := o.Get("setup"); n != nil {
		node.Setup = p.program(n, "setup")
	}
	n := o.Get("target")
	if n == nil {
		return
	}
	var ok bool
	if node.Target, ok = p.template(n, "target"); !ok {
		return
	}
	if !ofMachine(node.Target) {
		p.Hinted(n, `such as "http://${node.address}:8080"`, "target: must be a base URL of the machine, got %q", document.Shorten(node.Target.text))
	}
}

// ofMachine says whether a base URL has the machine for its host: nobody is asked whether that may be loaded, as it is ours.
func ofMachine(target Template) bool {
	const address = "192.0.2.1"
	u, err := url.Parse(target.Fill(func(name string) string {
		if name == NodeAddress {
			return address
		}
		return "0"
	}, nil))
	return err == nil && u.Hostname() == address && u.User == nil && (u.Scheme == "http" || u.Scheme == "https")
}

func (p *reading) prefixes(n *document.Node) (all []netip.Prefix) {
	if n == nil {
		return nil
	}
	items := p.List(n, "from")
	for _, item := range items {
		text, ok := p.Text(item, "from")
		prefix, err := netip.ParsePrefix(text)
		switch {
		case !ok:
		case err != nil:
			p.Hinted(item, "such as 203.0.113.7/32", "from: %q is not a network", document.Shorten(text))
		default:
			all = append(all, prefix.Masked())
		}
	}
	if len(items) == 0 {
		p.Hinted(n, "such as [203.0.113.7/32]", "from: say where the load comes from: nobody else is let in")
	}
	return all
}

func (p *reading) maxCost(n *document.Node, to *price.USD) {
	if n == nil {
		return
	}
	text, ok := p.Text(n, "max_cost_usd")
	if !ok {
		return
	}
	usd, err := price.ParseUSD(text)
	if err != nil || usd <= 0 {
		p.Hinted(n, "such as 1.50", "max_cost_usd: %q is not an amount of dollars", document.Shorten(text))
		return
	}
	*to = usd
}

// nodeUnit is what plans are priced in.
const nodeUnit = "$/hour"

// plans makes of a parameter that is a plan what follows from it: its prices are its costs, where the file says none.
func (p *reading) plans(o *document.Object, one *Param) {
	i := slices.IndexFunc(one.Apply, func(h Hook) bool { return h.Kind == LinodePlan })
	if i < 0 || one.Apply[i].Node == nil {
		return
	}
	n := o.Get("apply")
	switch {
	case len(one.Apply) > 1 || len(p.names) > 1:
		p.Hinted(n, "let setup put all else up", "linode-plan: each value has a machine of its own, which knows of no other hook and no other param: it must be the only one")
	case one.Start != nil:
		p.Wrong(o.Get("values"), "values: must be plans, such as [g6-dedicated-2, g6-dedicated-4]")
	case one.Cost.Line == 0:
		p.byPlan(o, one, one.Apply[i].Node.Region)
	}
}

func (p *reading) byPlan(o *document.Object, one *Param, region string) {
	all, missing := map[string]float64{}, []string(nil)
	for _, value := range append(slices.Clone(one.Values), one.Current) {
		plan, is := price.Builtin().Plan(value)
		hourly := plan.In(region).Hourly
		if all[value] = float64(hourly.USD) / 1e6; value != "" && (!is || !hourly.Known) && !slices.Contains(missing, value) {
			missing = append(missing, value)
		}
	}
	if len(missing) > 0 {
		p.Hinted(o.Get("values"), "such as cost: {values: {g6-dedicated-2: 0.054}, unit: "+nodeUnit+"}", "values: no price of %s in %s in the catalogue that is built in (%s): say what each costs",
			document.Shorten(strings.Join(missing, ", ")), region, price.Builtin())
		return
	}
	one.Cost = Cost{Of: all, Unit: nodeUnit, Line: one.Line}
	p.oneUnit(o.Node, nodeUnit)
}
