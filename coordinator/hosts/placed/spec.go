package placed

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/target/balancer"
	"github.com/loadctl/loadctl/target/topology"
)

// Front is the role of a NodeBalancer.
const Front = "front"

// A Plan is a topology as it is to be rented.
type Plan struct {
	Topology *topology.Topology
	topology.Spread
	rented.Spec
	File, Text string   // of the topology
	Notes      []string // what is worth knowing beside the machines
}

// PlanOf says what a topology would be made of. elsewhere are the addresses of parts that run elsewhere, by Elsewhere. What
// is missing or cannot be had is told at once.
func PlanOf(t *topology.Topology, file string, text []byte, elsewhere []netip.AddrPort) (p Plan, err error) {
	p = Plan{Topology: t, File: file, Text: string(text)}
	if p.Spread, err = t.Spread(); err != nil {
		return p, err
	}
	p.Spec = rented.Spec{For: file, TTL: t.Linode.TTL, Private: true, Machines: p.machines(elsewhere)}
	if t.Linode.MaxCost != "" {
		if p.MaxCost, err = price.ParseUSD(t.Linode.MaxCost); err != nil {
			return p, fmt.Errorf("%s: linode.max_cost_usd: %w", file, err)
		}
	}
	if p.Class != "" {
		err = p.front()
	}
	p.open()
	return p, err
}

// open tells who may load it.
func (p *Plan) open() {
	switch {
	case p.Class != "" && len(p.Topology.Linode.From) > 0:
		p.Notes = append(p.Notes, "linode.from is not kept: a NodeBalancer is open to everybody")
	case p.Class == "" && len(p.Topology.Linode.From) == 0:
		p.Notes = append(p.Notes, fmt.Sprintf("port %d is open to everybody: linode.from names who may load it", p.Port))
	}
}

// machines are those of each role, in the order of their start.
func (p *Plan) machines(elsewhere []netip.AddrPort) (all []rented.Machines) {
	for _, seat := range p.Seats {
		i := slices.IndexFunc(all, func(m rented.Machines) bool { return m.Role == seat.Role })
		if i < 0 {
			i, all = len(all), append(all, p.role(seat, elsewhere))
		}
		all[i].Count++
	}
	return all
}

func (p *Plan) role(seat topology.Seat, elsewhere []netip.AddrPort) rented.Machines {
	l := p.Topology.Linode
	m := rented.Machines{Role: seat.Role, Region: l.Region, Type: seat.Type, Image: l.Image, Reach: rental.ToInstall,
		Apart: l.Apart && seat.Role == "service", Sysctl: settings(seat.Port)}
	if seat.Role == p.Front {
		m.In = append(m.In, linode.Rule{Label: "load", Protocol: "TCP", Ports: strconv.Itoa(seat.Port), Addresses: cmpOr(l.From, everybody())})
	}
	if seat.Package != "" {
		m.Out = append(m.Out, linode.Rule{Label: "packages", Protocol: "TCP", Ports: "80, 443", Addresses: everybody()})
	}
	if seat.Role == "service" {
		m.Out = append(m.Out, reached(elsewhere)...)
	}
	return m
}

func cmpOr(a, b []netip.Prefix) []netip.Prefix {
	if len(a) > 0 {
		return a
	}
	return b
}

func everybody() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
}

// reached lets nodes out to parts that run elsewhere, each port by a rule.
func reached(elsewhere []netip.AddrPort) (all []linode.Rule) {
	for _, at := range elsewhere {
		label := fmt.Sprintf("port-%d", at.Port())
		one, _ := at.Addr().Prefix(at.Addr().BitLen())
		i := slices.IndexFunc(all, func(r linode.Rule) bool { return r.Label == label })
		if i < 0 {
			i, all = len(all), append(all, linode.Rule{Label: label, Protocol: "TCP", Ports: strconv.Itoa(int(at.Port()))})
		}
		all[i].Addresses = append(all[i].Addresses, one)
	}
	return all
}

// settings are those of the kernel of a machine that takes many connections, and opens many to its backends. Ports that
// connections take begin above those that parts listen at.
func settings(port int) map[string]string {
	return map[string]string{
		"net.core.somaxconn":                 "65535",
		"net.ipv4.tcp_max_syn_backlog":       "65535",
		"net.ipv4.ip_local_port_range":       "16384 65535",
		"net.ipv4.ip_local_reserved_ports":   strconv.Itoa(port),
		"net.ipv4.tcp_tw_reuse":              "1",
		"net.ipv4.tcp_fin_timeout":           "15",
		"net.ipv4.tcp_slow_start_after_idle": "0",
	}
}

// front has a NodeBalancer before the nodes.
func (p *Plan) front() error {
	nodes := slices.DeleteFunc(slices.Clone(p.Seats), func(s topology.Seat) bool { return s.Role != "service" })
	cfg := balancer.ReadBlock(p.File, p.Topology.Balancer.Block).Config
	cfg.Listen, cfg.Backends = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port)), nil
	for i, n := range nodes { // their addresses are not known yet
		cfg.Backends = append(cfg.Backends, balancer.Backend{Name: n.Part, Address: fmt.Sprintf("10.0.0.%d:%d", i+1, n.Port)})
	}
	made, err := cfg.NodeBalancer(balancer.Order{Region: p.Topology.Linode.Region, Premium: p.Class == "premium", Subnet: 1})
	if err != nil {
		return inFront(p.File, err)
	}
	p.Notes = append(p.Notes, made.Warnings...)
	p.Balancers = []rented.Balancer{{Role: Front, Region: p.Topology.Linode.Region, Class: p.Class, Before: "service",
		Port: nodes[0].Port, Listen: portOf(made.Rebuild)}}
	return nil
}

// inFront says of what a NodeBalancer cannot do in which file it is asked for.
func inFront(file string, err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return fmt.Errorf("%s: balancer: %w, by a NodeBalancer", file, err)
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, inFront(file, e))
	}
	return errors.Join(all...)
}

func portOf(c balancer.NodeBalancerConfig) linode.BalancerPort {
	return linode.BalancerPort{Port: c.Port, Protocol: c.Protocol, Algorithm: c.Algorithm, Stickiness: c.Stickiness, Check: c.Check,
		CheckPath: c.CheckPath, CheckEvery: c.CheckInterval, CheckWithin: c.CheckTimeout, CheckTries: c.CheckAttempts}
}

// Elsewhere are the hosts and ports of parts that run elsewhere.
func Elsewhere(t *topology.Topology) (all []string) {
	ports := map[string]string{"http": "80", "postgres": "5432", "postgresql": "5432", "redis": "6379", "memcached": "11211"}
	for _, text := range []string{t.Upstream.URL, t.Database.URL, t.Cache.URL} {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			continue
		}
		all = append(all, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), ports[u.Scheme])))
	}
	return all
}
