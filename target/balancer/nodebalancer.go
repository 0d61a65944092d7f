package balancer

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// An Order is a NodeBalancer to be had from Linode.
type Order struct {
	Region  string // such as us-ord
	Label   string // "" = Linode makes one up
	Premium bool   // nodebalancer-pr100 in place of the basic plan
	Subnet  int    // id of the VPC subnet that backends are in; 0 = they have Linode's private addresses
}

// A Payload is what Linode's API is asked for. Create makes balancer, config and
// nodes in one request, so that nothing can be left half made; Rebuild, of the same
// config, is how a later change is put in force.
type Payload struct {
	Create  NodeBalancerCreate `json:"POST /v4/nodebalancers"`
	Rebuild NodeBalancerConfig `json:"POST /v4/nodebalancers/{nodeBalancerId}/configs/{configId}/rebuild"`
	Limits  []string           `json:"limits"`
	// Warnings say what of the configuration a NodeBalancer does in its own way.
	Warnings []string `json:"warnings,omitempty"`
}

// NodeBalancerCreate is the body of POST /v4/nodebalancers. The throttle counts new
// connections a second of one client address: a load generator needs 0, none, which
// is not what Linode takes when it is left out.
type NodeBalancerCreate struct {
	Region             string               `json:"region"`
	Label              string               `json:"label,omitempty"`
	Type               string               `json:"type"`
	ClientConnThrottle int                  `json:"client_conn_throttle"`
	VPCs               []NodeBalancerVPC    `json:"vpcs,omitempty"`
	Configs            []NodeBalancerConfig `json:"configs"`
}

// NodeBalancerVPC is a subnet that it reaches backends in.
type NodeBalancerVPC struct {
	Subnet int `json:"subnet_id"`
}

// NodeBalancerConfig is one port with its backends; times are in seconds.
type NodeBalancerConfig struct {
	Port          int                `json:"port"`
	Protocol      string             `json:"protocol"`
	Algorithm     string             `json:"algorithm"`
	Stickiness    string             `json:"stickiness"`
	Check         string             `json:"check"`
	CheckInterval int                `json:"check_interval,omitempty"`
	CheckTimeout  int                `json:"check_timeout,omitempty"`
	CheckAttempts int                `json:"check_attempts,omitempty"`
	CheckPath     string             `json:"check_path,omitempty"`
	CheckPassive  bool               `json:"check_passive"`
	SSLCert       string             `json:"ssl_cert,omitempty"`
	SSLKey        string             `json:"ssl_key,omitempty"`
	Nodes         []NodeBalancerNode `json:"nodes"`
}

// NodeBalancerNode is one backend.
type NodeBalancerNode struct {
	Label   string `json:"label"`
	Address string `json:"address"`
	Weight  int    `json:"weight"`
	Mode    string `json:"mode"`
	Subnet  int    `json:"subnet_id,omitempty"`
}

// Limits of the plans, by Linode's documentation of 2026-09-30.
type plan struct {
	kind                  string
	connections, backends int
}

func (o Order) plan() plan {
	if o.Premium {
		return plan{"premium", 100_000, 2000}
	}
	return plan{"common", 10_000, 1000}
}

// NodeBalancer turns a configuration into the requests that make one. What cannot
// be had is an error; what is done in another way is a warning.
func (c Config) NodeBalancer(o Order) (*Payload, error) {
	c.Kind = NodeBalancer
	asked := c
	c = c.WithDefaults()
	n := &noder{plan: o.plan(), subnet: o.Subnet}
	if err := c.Validate(); err != nil {
		n.errs = append(n.errs, err)
	}
	if o.Region == "" {
		n.add("region", "must name one of Linode's, such as us-ord")
	}
	if o.Label != "" && (len(o.Label) < 3 || len(o.Label) > 32) {
		n.add("label", "must have 3 to 32 characters, got %q", o.Label)
	}
	config := n.config(c, asked)
	n.cannot(c)
	n.otherwise(c)
	if err := errors.Join(n.errs...); err != nil {
		return nil, err
	}
	p := &Payload{
		Create: NodeBalancerCreate{Region: o.Region, Label: o.Label, Type: n.plan.kind, Configs: []NodeBalancerConfig{config}},
		Limits: n.limits(), Rebuild: config, Warnings: n.warnings,
	}
	if o.Subnet != 0 {
		p.Create.VPCs = []NodeBalancerVPC{{o.Subnet}}
	}
	return p, nil
}

// A noder gathers what is wrong, and what is another way, on the way.
type noder struct {
	plan     plan
	subnet   int
	errs     []error
	warnings []string
}

func (n *noder) add(field, text string, args ...any) {
	n.errs = append(n.errs, &Problem{Field: field, Text: fmt.Sprintf(text, args...)})
}

func (n *noder) warn(text string, args ...any) {
	n.warnings = append(n.warnings, fmt.Sprintf(text, args...))
}

func (n *noder) limits() []string {
	return []string{
		fmt.Sprintf("%s connections at once on this plan; basic 10,000, premium 100,000", thousands(n.plan.connections)),
		fmt.Sprintf("%s backends of a port on this plan; basic 1,000, premium 2,000", thousands(n.plan.backends)),
		"HTTP/1.1 only, to clients and to backends",
		"client_conn_throttle 0: new connections a second of one client address are not limited; 1 to 20 would be",
		"checks: an interval longer than the time-out, which is 1 to 30 s, and 1 to 30 attempts",
	}
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

func (n *noder) config(c, asked Config) NodeBalancerConfig {
	_, port, _ := net.SplitHostPort(c.Listen)
	at, _ := strconv.Atoi(port)
	b := NodeBalancerConfig{Port: cmp.Or(at, 80), Protocol: "http", Stickiness: "none", Check: "none", CheckPassive: !c.Passive.Off}
	b.Algorithm = map[Algorithm]string{RoundRobin: "roundrobin", LeastConns: "leastconn", Source: "source"}[c.Algorithm]
	if c.TLS.Certificate != "" {
		b.Port, b.Protocol = cmp.Or(at, 443), "https"
		b.SSLCert, b.SSLKey = "content of "+c.TLS.Certificate, "content of "+c.TLS.Key
		n.warn("ssl_cert and ssl_key name files: put what they hold in their place; a private key is not printed")
	}
	if k := c.Check; !k.Off {
		n.check(k)
		b.Check, b.CheckPath, b.CheckAttempts = "http", k.Path, k.Fall
		b.CheckInterval, b.CheckTimeout = int(k.Interval/time.Second), int(k.Timeout/time.Second)
	}
	for i, backend := range c.Backends {
		b.Nodes = append(b.Nodes, n.node(fmt.Sprintf("backends[%d]", i), backend, asked.Backends[i].Name))
	}
	return b
}

func (n *noder) check(k Check) {
	n.seconds("check.interval", k.Interval, 2, 3600)
	n.seconds("check.timeout", k.Timeout, 1, 30)
	if k.Timeout >= k.Interval {
		n.add("check.timeout", "must be shorter than check.interval, %s, got %s", k.Interval, k.Timeout)
	}
	if k.Fall > 30 {
		n.add("check.fall", "must be at most 30, got %d", k.Fall)
	}
	if strings.ContainsAny(k.Path, "_~") {
		n.add("check.path", "must be letters, digits and /-%%?&=. only, got %q", k.Path)
	}
	if k.Method != "GET" {
		n.warn("check.method: a NodeBalancer checks by GET, not by %s", k.Method)
	}
	n.warn("check.rise: a NodeBalancer has no such number")
}

func (n *noder) seconds(field string, d time.Duration, low, high int) {
	if d%time.Second != 0 || d < time.Duration(low)*time.Second || d > time.Duration(high)*time.Second {
		n.add(field, "must be whole seconds from %d to %d, got %s", low, high, d)
	}
}

func (n *noder) node(field string, b Backend, label string) NodeBalancerNode {
	n.private(field+".address", b.Address)
	if b.Weight > 255 {
		n.add(field+".weight", "must be at most 255, got %d", b.Weight)
	}
	if b.MaxConnections > 0 {
		n.add(field+".max_connections", "a NodeBalancer does not limit connections to a backend")
	}
	if len(label) < 3 {
		label = "node-" + cmp.Or(label, b.Name)
	}
	return NodeBalancerNode{Label: label, Address: b.Address, Weight: b.Weight, Mode: either(b.Backup, "backup", "accept"), Subnet: n.subnet}
}

// private notes an address that a NodeBalancer of the plan cannot reach.
func (n *noder) private(field, address string) {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	switch ours := netip.MustParsePrefix("192.168.128.0/17"); {
	case err != nil || !ip.IsPrivate():
		n.add(field, "must be a private address of a Linode, in 192.168.128.0/17, or of its VPC, got %q", address)
	case n.subnet != 0 && ours.Contains(ip):
		n.add(field, "is a private address of a Linode, but a VPC subnet was named, got %q", address)
	case n.subnet == 0 && !ours.Contains(ip):
		n.add(field, "is in a VPC, whose subnet must be named beside the region, got %q", address)
	case n.subnet == 0 && n.plan.kind == "premium":
		n.add(field, "must be in a VPC: the premium plan has no other backends, got %q", address)
	}
}

// cannot notes what would be missed if it were left out.
func (n *noder) cannot(c Config) {
	if c.Algorithm == RandomTwo {
		n.add("algorithm", "a NodeBalancer has round_robin, least_connections and source, not random_two")
	}
	if c.RateLimit.Requests > 0 {
		n.add("rate_limit.requests", "a NodeBalancer limits new connections a second of one client address (client_conn_throttle, at most 20), not requests")
	}
	if c.RateLimit.Connections > 0 {
		n.add("rate_limit.connections", "a NodeBalancer does not limit connections of one client address")
	}
	if c.Connections > n.plan.connections {
		basic, premium := (c.Connections+9_999)/10_000, (c.Connections+99_999)/100_000
		n.add("connections", "one of this plan holds %s, got %d: take %d of the basic plan, %d of the premium one, or nginx or haproxy on a Linode of your own",
			thousands(n.plan.connections), c.Connections, basic, premium)
	}
	if len(c.Backends) > n.plan.backends {
		n.add("backends", "at most %d on this plan, got %d", n.plan.backends, len(c.Backends))
	}
}

// otherwise notes what a NodeBalancer does in its own way.
func (n *noder) otherwise(c Config) {
	if !c.Passive.Off {
		n.warn("passive: any answer of 5xx takes a backend out (check_passive); max_fails and fail_timeout cannot be set")
	}
	if on(c.Forwarded) {
		n.warn("forwarded: X-Forwarded-For and -Proto are set; X-Forwarded-Host and X-Request-Id are not")
	}
	if on(c.WebSocket) {
		n.warn("websocket: is not documented for http and https; the protocol tcp passes it on")
	}
	if c.TLS.Certificate != "" && on(c.TLS.HTTP2) {
		n.warn("tls.http2: a NodeBalancer speaks HTTP/1.1 only")
	}
	if c.TLS.Certificate != "" {
		n.warn("tls.min_version: a NodeBalancer has a list of ciphers of its own (cipher_suite)")
	}
	n.warn("timeouts, keep_alive, workers: Linode sets them")
}
