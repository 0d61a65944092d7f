package topology

import (
	"net/netip"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Topology is a file that was read. Zero values mean the defaults that comments state.
type Topology struct {
	Name     string
	Upstream Upstream
	Database Database
	Cache    Cache
	Store    string // sql, or kv: a Redis of its own keeps the items
	Services Services
	Balancer Balancer
	Linode   Linode

	file     string
	root     *yaml.Node
	places   map[string]*yaml.Node // by field, such as services.nodes
	mistakes []Mistake
	grammar  map[string][]string // the keys that there are, by block
}

// Upstream is the simulator, or one that runs elsewhere.
type Upstream struct {
	URL       string // of one elsewhere; the rest means nothing then
	Listen    string // "" = a free port
	Delay     string // see target/upstream.ParseDelay
	Seed      uint64
	ErrorRate float64
	ResetRate float64
	RateLimit float64
	RateBurst int
	SlowBytes int
	BodyBytes int
	FreezeAt  time.Duration
	FreezeFor time.Duration
}

// Database is where items are kept in SQL.
type Database struct {
	Kind           string // sqlite or postgres
	URL            string // of one elsewhere, for which nothing is started
	Replicas       int    // of PostgreSQL, by streaming replication
	Shards         int    // 0 = none: one database
	Listen         string // of the first server, the others above it; "" = free ports
	Bin            string // folder of PostgreSQL's programs; "" = those that are found
	MaxConnections int    // 0 = as the nodes need, see Need
	// Settings are PostgreSQL's own, by name, such as fsync: off.
	Settings map[string]string
}

// Servers is how many PostgreSQL servers are started, replicas included.
func (d Database) Servers() int {
	if d.Kind != Postgres || d.URL != "" {
		return 0
	}
	return max(1, d.Shards) + d.Replicas
}

// The kinds of databases.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Cache is what keeps answers.
type Cache struct {
	Kind   string // none, memory, redis or memcached
	URL    string // of one elsewhere
	Listen string // "" = a free port
	Memory int    // of Redis or memcached, MiB; 64
}

// Services are the nodes: masters with workers, all alike.
type Services struct {
	Nodes     int
	Listen    string // of the first node, the others above it; "" = free ports of 127.0.0.1
	AuthToken string
	Set       map[string]string // settings of target/knobs that the file names
}

// Balancer is what stands before the nodes.
type Balancer struct {
	Kind  string // none, nginx, haproxy or nodebalancer
	Block *yaml.Node
}

// The kinds of balancers.
const (
	None         = "none"
	Nginx        = "nginx"
	HAProxy      = "haproxy"
	NodeBalancer = "nodebalancer"
)

// Linode says what the same is made of at Linode.
type Linode struct {
	Region  string
	Private bool              // machines speak over a private network
	Types   map[string]string // plan type by role
	Image   string            // that machines boot: linode/debian12
	TTL     time.Duration     // after it anybody may give the machines back
	MaxCost string            // US dollars, as written; "" = any
	Apart   bool              // nodes are on different hosts, as far as Linode does that
	From    []netip.Prefix    // who may load it; none = everybody
}

// Roles are what a machine can be, in the order in which they start.
func Roles() []string {
	return []string{"database", "store", "cache", "upstream", "service", "balancer"}
}
