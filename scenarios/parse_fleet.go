package scenarios

import (
	"maps"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
)

const (
	// fleetImage is what machines boot where the file does not say: it has cloud-init, systemd and an sshd.
	fleetImage = "linode/debian12"
	// LeastTTL and MostTTL bound for how long a fleet may be rented: less is over before machines have booted, and more is
	// mostly forgotten. A fleet that is to live longer is rented again.
	LeastTTL = time.Minute
	MostTTL  = 24 * time.Hour
	// MostMachines is far above what an account is let have.
	MostMachines = 1000
)

// Words of a fleet in files.
const (
	FleetLinode   = "linode"         // provider, and what --fleet calls it
	LoadGenerator = "load-generator" // sysctl
)

// LoadGeneratorSysctl are the settings of a machine that makes load: all ports but those of system services for connections,
// those of closed ones soon taken again, and queues that do not overflow.
func LoadGeneratorSysctl() map[string]string {
	return map[string]string{
		"net.ipv4.ip_local_port_range": "1024 65535",
		"net.ipv4.tcp_tw_reuse":        "1",
		"net.ipv4.tcp_timestamps":      "1", // without which ports are not taken again
		"net.ipv4.tcp_fin_timeout":     "15",
		"net.ipv4.tcp_max_tw_buckets":  "262144",
		"net.core.netdev_max_backlog":  "16384",
	}
}

// fleet reads where the load comes from when it is rented. Which plans and regions there are is the cloud's to say.
func (p *parser) fleet(top *object) {
	n := top.get("fleet")
	if p.emptyFleet(top, n) {
		return
	}
	o := p.object(p.brief(n, "fleet", fleetExample), "fleet", grammar.fleet)
	if !o.isMapping() {
		return
	}
	f := &Fleet{Image: fleetImage}
	provider := 0
	if o.require("provider") != nil {
		o.choice("provider", []string{FleetLinode}, &provider)
	}
	f.Provider = FleetLinode
	p.fleetWord(o, "type", fleetPlan, "g6-dedicated-4", &f.Type)
	p.fleetWord(o, "image", fleetImageName, fleetImage, &f.Image)
	p.fleetRegions(o, f)
	p.fleetTTL(o, f)
	p.fleetCost(o.get("max_cost_usd"), f)
	network := 0
	o.choice("network", []string{"public", "private"}, &network)
	f.Private = network == 1
	p.fleetFrom(o.get("from"), f)
	p.fleetSysctl(o.get("sysctl"), f)
	p.s.Fleet = f
}

const fleetExample = "fleet: {provider: linode, region: us-ord, count: 2, ttl: 90m}"

// emptyFleet refuses a block with nothing in it: who wrote the word means a fleet.
func (p *parser) emptyFleet(top *object, n *node) bool {
	for _, e := range top.Entries {
		if e.Name == "fleet" && (n == nil || n.Kind == mappingNode && len(n.Content) == 0) {
			p.hinted(e.Key, "such as "+fleetExample, "fleet is empty: it needs provider, ttl, and region or regions")
			return true
		}
	}
	return false
}

// Names of the cloud, as far as their form goes.
var (
	fleetPlan      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	fleetImageName = regexp.MustCompile(`^(linode|private)/[a-z0-9][a-z0-9._-]*$`)
	fleetRegion    = regexp.MustCompile(`^[a-z]{2}-[a-z0-9-]+$`)
	fleetSetting   = regexp.MustCompile(`^[a-z0-9_]+([./-][a-z0-9_]+)+$`)
)

func (p *parser) fleetWord(o *object, key string, form *regexp.Regexp, example string, to *string) {
	n := o.get(key)
	if n == nil {
		return
	}
	text, ok := p.text(n, key)
	switch {
	case !ok:
	case !form.MatchString(text):
		p.hinted(n, "such as "+example, "%s: %q is no name of one", key, shorten(text))
	default:
		*to = text
	}
}

// fleetRegions reads regions: {us-ord: 6}, or the shorter region: us-ord with count: 6.
func (p *parser) fleetRegions(o *object, f *Fleet) {
	one, many := o.get("region"), o.get("regions")
	switch {
	case one != nil && many != nil:
		p.wrong(one, "fleet has both region and regions: write all into regions")
	case many != nil && o.has("count"):
		p.hinted(o.get("count"), "such as regions: {us-ord: 6, eu-central: 4}", "count goes with region; regions have their own")
	case many != nil:
		p.regionCounts(many, f)
	case one != nil:
		r := FleetRegion{}
		p.fleetWord(o, "region", fleetRegion, "us-ord", &r.Region)
		r.Count = p.fleetCount(o.get("count"), "count")
		f.Regions = []FleetRegion{r}
	case !hasName(o.Entries, "region") && !hasName(o.Entries, "regions"):
		p.hinted(o.Node, "such as region: us-ord, count: 2", "fleet needs %q or %q", "region", "regions")
	}
}

func (p *parser) regionCounts(n *node, f *Fleet) {
	entries := p.entries(n, "regions")
	for _, e := range entries {
		if !fleetRegion.MatchString(e.Name) {
			p.hinted(e.Key, "such as us-ord", "regions: %q is no name of one", shorten(e.Name))
		}
		f.Regions = append(f.Regions, FleetRegion{e.Name, p.fleetCount(e.Value, "regions."+shorten(e.Name))})
	}
	if len(entries) == 0 && p.present(n) != nil && p.present(n).Kind == mappingNode {
		p.hinted(n, "such as regions: {us-ord: 6}", "regions has none")
	}
}

// fleetCount is a number of machines; 0 = as many as the load needs, where nothing is said.
func (p *parser) fleetCount(n *node, what string) int {
	if n = p.present(n); n == nil {
		return 0
	}
	count, ok := p.doc.Count(n, what, 1)
	if ok && count > MostMachines {
		p.wrong(n, "%s: must be at most %d, got %d", what, MostMachines, count)
	}
	return count
}

func (p *parser) fleetTTL(o *object, f *Fleet) {
	n := o.require("ttl")
	if n == nil {
		return
	}
	if d, ok := p.duration(n, "ttl", LeastTTL); ok {
		if f.TTL = d; d > MostTTL {
			p.hinted(n, "a fleet that is needed for longer is rented again", "ttl: must be at most %v, got %v", MostTTL, d)
		}
	}
}

// fleetCost reads money exactly, from the text.
func (p *parser) fleetCost(n *node, f *Fleet) {
	if n == nil {
		return
	}
	text, ok := p.text(n, "max_cost_usd")
	if !ok {
		return
	}
	usd, err := price.ParseUSD(text)
	switch {
	case err != nil:
		p.hinted(n, "in dollars, such as 5 or 2.50", "max_cost_usd: %v", err)
	case usd == 0:
		p.hinted(n, "leave it out for no limit", "max_cost_usd: must be more than 0")
	default:
		f.MaxCost = usd
	}
}

// fleetFrom reads who may log in: networks, or addresses of one machine.
func (p *parser) fleetFrom(n *node, f *Fleet) {
	for _, item := range p.list(n, "from") {
		text, ok := p.text(item, "from")
		if !ok {
			continue
		}
		network, err := prefixOf(text)
		switch {
		case err != nil:
			p.hinted(item, "such as 203.0.113.7 or 203.0.113.0/24", "from: %q is no address and no network", shorten(text))
		case network != network.Masked():
			p.hinted(item, ask(network.Masked().String()), "from: %s has bits beyond its length", network)
		case network.Bits() == 0:
			p.hinted(item, "name where you connect from", "from: %s would let everybody log in", network)
		default:
			f.From = append(f.From, network)
		}
	}
}

func prefixOf(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, strconv.ErrSyntax
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// fleetSysctl reads the kernel's settings: a name for many, none, or a mapping.
func (p *parser) fleetSysctl(n *node, f *Fleet) {
	if n != nil && n.Kind == mappingNode {
		f.Sysctl = p.sysctlMap(n)
		return
	}
	f.Sysctl = LoadGeneratorSysctl()
	if n == nil {
		return
	}
	text, ok := p.text(n, "sysctl")
	switch {
	case !ok, text == LoadGenerator:
	case text == "none":
		f.Sysctl = nil
	default:
		p.hinted(n, "load-generator, none, or a mapping such as {net.ipv4.tcp_fin_timeout: 15}", "sysctl: %q is not known", shorten(text))
	}
}

func (p *parser) sysctlMap(n *node) map[string]string {
	settings := p.textMap(n, "sysctl")
	for _, e := range p.entries(n, "sysctl") {
		switch value := settings[e.Name]; {
		case !fleetSetting.MatchString(e.Name):
			p.hinted(e.Key, "such as net.ipv4.tcp_fin_timeout", "sysctl: %q is no name of a setting", shorten(e.Name))
		case strings.TrimSpace(value) == "" || strings.ContainsAny(value, "\r\n\x00"):
			p.wrong(e.Value, "sysctl.%s: must be a value of one line", e.Name)
		}
	}
	return maps.Clone(settings)
}
