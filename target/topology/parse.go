package topology

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Bounds of a file: it is written by hand, and starts as many processes as it says.
const (
	maxFile     = 1 << 20
	mostNodes   = 32
	mostServers = 16
)

// What is rented where the file says nothing, and for how long at most: a machine that was forgotten costs by the hour.
const (
	defaultImage = "linode/debian12"
	longestTTL   = 7 * 24 * time.Hour
)

// Parse reads a file. file is its name in mistakes, which are all told at once by Err.
// The topology is there as far as it could be read.
func Parse(file string, src []byte) *Topology {
	t := &Topology{file: file, places: map[string]*yaml.Node{}, grammar: map[string][]string{}, Store: "sql"}
	root := t.load(src)
	if root == nil {
		return t
	}
	t.root = root
	b := t.mapping(root, "")
	if t.version(b) {
		t.blocks(b)
		t.together()
		t.settings()
	}
	return t
}

func (t *Topology) load(src []byte) *yaml.Node {
	if len(src) > maxFile {
		t.at(nil, "the file has %d bytes; at most %d are read", len(src), maxFile)
		return nil
	}
	var doc yaml.Node
	if err := decode(src, &doc); err != nil && len(bytes.TrimSpace(src)) > 0 {
		t.syntax(err)
		return nil
	}
	if len(doc.Content) == 0 || isNull(follow(doc.Content[0])) {
		t.at(nil, "the file is empty (it needs version: 1 and services:)")
		return nil
	}
	return follow(doc.Content[0])
}

// decode is yaml.Load; what would be a panic of the library is an error.
func decode(src []byte, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be read: %v", p)
		}
	}()
	return yaml.Load(src, doc)
}

func (t *Topology) syntax(err error) {
	if l, ok := errors.AsType[*yaml.LoadError](err); ok {
		t.at(&yaml.Node{Line: l.Mark.Line, Column: l.Mark.Column}, "%s", strings.TrimSpace(l.ContextMsg+" "+l.Message))
		return
	}
	t.at(nil, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// version says whether the rest can be read.
func (t *Topology) version(b *block) bool {
	if t.root.Kind != yaml.MappingNode {
		return false
	}
	switch text, n := b.scalar("version"); {
	case n == nil && b.by["version"] == nil:
		t.at(t.root, "version: 1 is missing (it says how the file is to be read)")
	case n != nil && text != "1":
		t.at(n, "version must be 1, got %q: this loadctl reads no other", text)
		return false
	}
	return true
}

func (t *Topology) blocks(b *block) {
	t.Name = b.text("name")
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]{0,40}$`).MatchString(t.Name) {
		t.at(b.by["name"], "name must be at most 40 letters, digits, _, . or -, got %q", t.Name)
	}
	t.Store = b.word("store", "sql", "sql", "kv")
	t.upstream(t.mapping(b.take("upstream"), "upstream"))
	t.database(t.mapping(b.take("database"), "database"))
	t.cache(b.take("cache"))
	t.services(t.mapping(b.take("services"), "services"))
	t.balancer(b.take("balancer"))
	t.linode(t.mapping(b.take("linode"), "linode"))
	b.rest()
}

func (t *Topology) upstream(b *block) {
	t.Upstream = Upstream{URL: b.text("url"), Listen: b.address("listen"), Delay: b.text("delay"), Seed: b.seed("seed"),
		ErrorRate: b.number("error_rate"), ResetRate: b.number("reset_rate"), RateLimit: b.number("rate_limit"),
		RateBurst: b.whole("rate_burst", 0, 0, 1<<30), SlowBytes: b.whole("slow_bytes", 0, 0, 1<<30),
		BodyBytes: b.whole("body_bytes", 0, 0, 1<<30), FreezeAt: b.time("freeze_at"), FreezeFor: b.time("freeze_for")}
	b.rest()
	if t.Upstream.URL == "" {
		return
	}
	for _, key := range b.keys {
		if key.Value != "url" {
			t.at(key, "upstream.%s means nothing beside upstream.url: that upstream is not started here", key.Value)
		}
	}
}

func (t *Topology) database(b *block) {
	kinds := []string{SQLite, Postgres}
	d := Database{URL: b.text("url")}
	def := SQLite
	if strings.HasPrefix(d.URL, "postgres") {
		def = Postgres
	}
	d.Kind = b.word("kind", def, kinds...)
	d.Replicas = b.whole("replicas", 0, 0, mostServers-1)
	d.Shards = b.whole("shards", 0, 0, mostServers)
	d.Listen, d.Bin = b.address("listen"), b.text("bin")
	d.MaxConnections = b.whole("max_connections", 0, 4, MostConnections)
	d.Settings, _ = b.values("settings")
	b.rest()
	t.Database = d
	t.databaseSettings()
}

// databaseSettings judges PostgreSQL's own settings: by their spelling only, it knows
// best which there are.
func (t *Topology) databaseSettings() {
	ours := map[string]string{"max_connections": "write it beside settings", "port": "write listen beside settings",
		"listen_addresses": "write listen beside settings", "data_directory": "it is in the private folder",
		"unix_socket_directories": "servers are reached over TCP", "hot_standby": "replicas need it"}
	for name := range t.Database.Settings {
		field := "database.settings." + name
		if why := ours[name]; why != "" {
			t.at(t.places[field], "%s is set by the topology: %s", field, why)
		} else if !regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)?$`).MatchString(name) {
			t.at(t.places[field], "%s is no name of a setting of PostgreSQL", field)
		}
	}
}

// cache may be one word or URL, or a mapping.
func (t *Topology) cache(n *yaml.Node) {
	t.Cache.Kind = None
	kinds := []string{None, "memory", "redis", "memcached"}
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: "kind", Line: n.Line, Column: n.Column}
		if strings.Contains(n.Value, "://") {
			key.Value = "url"
		}
		n = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, n}, Line: n.Line, Column: n.Column}
	}
	b := t.mapping(n, "cache")
	c := Cache{URL: b.text("url"), Listen: b.address("listen"), Memory: b.whole("memory", 64, 1, 1<<20)}
	scheme, _, _ := strings.Cut(c.URL, "://")
	def := None
	if scheme == "redis" || scheme == "memcached" {
		def = scheme
	}
	c.Kind = b.word("kind", def, kinds...)
	b.rest()
	t.Cache = c
	if c.URL != "" && scheme != c.Kind {
		t.at(b.by["url"], "cache.url must begin with redis:// or memcached://, as its kind does, got %q", scheme+"://…")
	}
}

func (t *Topology) services(b *block) {
	t.Services = Services{Nodes: b.whole("nodes", 1, 1, mostNodes), Listen: b.address("listen"), AuthToken: b.text("auth_token")}
	t.Services.Set, _ = b.values("settings")
	b.rest()
}

// balancer takes the kind of the block only; the rest is the balancer's to judge.
func (t *Topology) balancer(n *yaml.Node) {
	t.Balancer.Kind = None
	if n == nil {
		return
	}
	kinds := []string{None, Nginx, HAProxy, NodeBalancer}
	if n.Kind == yaml.ScalarNode {
		value := n
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Column: value.Column,
			Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "kind"}, value}}
	}
	b := t.mapping(n, "balancer")
	t.Balancer = Balancer{Kind: b.word("kind", Nginx, kinds...), Block: n}
	for _, key := range b.keys {
		switch {
		case key.Value == "backends":
			t.at(key, "balancer.backends are the nodes of services: leave them out")
		case t.Balancer.Kind == None && key.Value != "kind":
			t.at(key, "balancer.%s means nothing beside kind: none", key.Value)
		}
	}
}

func (t *Topology) linode(b *block) {
	t.Linode = Linode{Region: b.text("region"), Private: b.yes("private_network", true), Image: cmp.Or(b.text("image"), defaultImage),
		TTL: b.time("ttl"), MaxCost: b.dollars("max_cost_usd"), Apart: b.yes("apart", false), From: b.prefixes("from")}
	if n := b.by["ttl"]; n != nil && (t.Linode.TTL <= 0 || t.Linode.TTL > longestTTL) && !t.isWrong("linode.ttl") {
		t.at(n, "linode.ttl must be above 0 and at most %s, got %s", longestTTL, n.Value)
	}
	types, inner := b.values("types")
	b.rest()
	t.Linode.Types = types
	for _, key := range inner.keys {
		field := "linode.types." + key.Value
		known := false
		for _, r := range Roles() {
			known = known || r == key.Value
		}
		if !known {
			t.at(key, "unknown role %q in linode.types%s", key.Value, meant(key.Value, Roles()))
			continue
		}
		if name, ok := types[key.Value]; ok && !t.isType(key.Value, name) {
			t.at(inner.by[key.Value], "%s: there is no plan type %q for it that is known here%s", field, name, meant(name, typeNames(key.Value)))
		}
	}
}

func (t *Topology) isType(role, name string) bool {
	_, ok := typeOf(name)
	return ok || role == "balancer" && isNodeBalancer(name)
}
