package topology

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
)

// A Seat is a part of a topology on a machine of its own.
type Seat struct {
	Part   string // as `loadctl target up` calls it: database, replica1, shard1, store, cache, upstream, node1, balancer
	Role   string // one of Roles
	Number int    // from 1, of those of its role
	Port   int    // that it listens at
	Type   string // plan of the machine
	// Needs is the program that must be there, and the package of Debian that has it; "" = none but this one.
	Needs, Package string
}

// A Spread is a topology over machines.
type Spread struct {
	Seats []Seat // in the order of their start
	Class string // of the NodeBalancer before the nodes, common or premium; "" = there is none
	Port  int    // to be loaded
	Cores int    // of a node's machine
	Front string // the role that is loaded; "" = the NodeBalancer's
}

// Spread puts each part on a machine of its own, of the type that Plan says. What cannot be had on Linodes, or is missing
// for it, is told at once as *Mistakes.
func (t *Topology) Spread() (s Spread, err error) {
	t.rentable()
	if err := t.Err(); err != nil {
		return s, err
	}
	p, err := t.Plan()
	if err != nil {
		return s, err
	}
	for _, m := range p.Machines {
		if m.Role == "balancer" && isNodeBalancer(m.Type.Name) {
			s.Class = map[string]string{"nodebalancer": "common", "nodebalancer-pr100": "premium"}[m.Type.Name]
			s.Port, s.Front = t.port(m.Role), ""
			continue
		}
		if m.Role == "service" {
			s.Cores = m.Type.VCPUs
		}
		for i := range m.Count {
			s.Seats = append(s.Seats, t.seat(m, i))
		}
		s.Port, s.Front = t.port(m.Role), m.Role
	}
	return s, nil
}

// Loaded are the parts that a load goes to: the balancer, or each node where there is none; none before a NodeBalancer.
func (s Spread) Loaded() (all []Seat) {
	for _, seat := range s.Seats {
		if seat.Role == s.Front {
			all = append(all, seat)
		}
	}
	return all
}

func (t *Topology) seat(m Machine, i int) Seat {
	s := Seat{Part: t.called(m.Role, i), Role: m.Role, Number: i + 1, Port: t.port(m.Role), Type: m.Type.Name}
	kind := map[string]string{"database": Postgres, "store": "redis", "cache": t.Cache.Kind, "balancer": t.Balancer.Kind}[m.Role]
	switch kind {
	case Postgres:
		s.Needs, s.Package = "initdb", "postgresql"
	case "redis":
		s.Needs, s.Package = "redis-server", "redis-server"
	case "memcached", Nginx, HAProxy:
		s.Needs, s.Package = kind, kind
	}
	return s
}

// called is the name of the i-th part of a role.
func (t *Topology) called(role string, i int) string {
	switch {
	case role == "service":
		return "node" + strconv.Itoa(i+1)
	case role == "database" && t.Database.Shards > 0:
		return "shard" + strconv.Itoa(i+1)
	case role == "database" && i > 0:
		return "replica" + strconv.Itoa(i)
	}
	return role
}

// port is that of the file, or else the usual one. All of a role have the first one's, as each has a machine of its own.
func (t *Topology) port(role string) int {
	listen := map[string]string{"service": t.Services.Listen, "database": t.Database.Listen, "cache": t.Cache.Listen,
		"upstream": t.Upstream.Listen, "balancer": t.BalancerListen()}[role]
	if _, port, err := split(listen); err == nil && port > 0 {
		return port
	}
	if role == "cache" && t.Cache.Kind == "memcached" {
		return 11211
	}
	return map[string]int{"service": 8000, "database": 5432, "store": 6379, "cache": 6379, "upstream": 8082, "balancer": 80}[role]
}

// rentable notes what a topology needs to be had on Linodes, and what it cannot have there.
func (t *Topology) rentable() {
	l := t.Linode
	if l.Region == "" {
		t.Fault("linode.region", "is missing: machines are rented in a region, such as us-ord")
	}
	if l.TTL == 0 {
		t.Fault("linode.ttl", "is missing: after so long anybody may give the machines back, such as 2h")
	}
	if !l.Private {
		t.Fault("linode.private_network", "must be true for machines to be rented: parts speak over it, and nobody else may")
	}
	for field, at := range map[string]string{"upstream.url": t.Upstream.URL, "database.url": t.Database.URL, "cache.url": t.Cache.URL} {
		if isHere(at) {
			t.Fault(field, "is this machine, and each rented one is another: name one that they reach, or leave it out to have one rented")
		}
	}
	if t.hasTLS() {
		t.Fault("balancer.tls", "is not had on rented machines: keys of this one stay here; leave it out, or load plain HTTP")
	}
	for _, f := range t.cannot() {
		t.Fault(f.field, "%s", f.text)
	}
}

// isHere says whether a URL means the machine that reads it.
func isHere(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && (a.IsLoopback() || a.IsUnspecified()) || u.Hostname() == "localhost"
}

func (t *Topology) hasTLS() bool {
	if t.Balancer.Block == nil || t.Balancer.Kind == None {
		return false
	}
	b := (&Topology{places: t.places, grammar: map[string][]string{}}).mapping(t.Balancer.Block, "balancer")
	return b.take("tls") != nil
}

// An Order says which part of a topology a machine is, and where the others are. Its secrets are made for each start.
type Order struct {
	File, Text string            // of the topology
	Part       string            // see Seat
	Listen     string            // where it listens: host:port, or :port for all addresses
	At         map[string]string // host:port of each part
	Cores      int               // of a node's machine: databases allow for the nodes' workers
	Password   string            // of databases
	SessionKey string            // of nodes
}

// Order is what the machine of a seat is told, which has an address of its own, as each of the others.
func (s Spread) Order(seat Seat, hosts map[string]netip.Addr) Order {
	o := Order{Part: seat.Part, Listen: address(hosts[seat.Part], seat.Port), At: map[string]string{}, Cores: s.Cores}
	for _, one := range s.Seats {
		o.At[one.Part] = address(hosts[one.Part], one.Port)
	}
	if seat.Role == s.Front {
		o.Listen = fmt.Sprintf(":%d", seat.Port)
	}
	return o
}

func address(host netip.Addr, port int) string {
	return netip.AddrPortFrom(host, uint16(port)).String()
}
