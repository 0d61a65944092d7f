package topology

import (
	"cmp"
	"errors"
	"strings"

	"github.com/loadctl/loadctl/target/knobs"
)

// together notes what is fine alone and cannot be had together.
func (t *Topology) together() {
	t.databasesTogether()
	t.listening("services.listen", t.Services.Listen, t.Services.Nodes, "nodes")
	t.listening("database.listen", t.Database.Listen, t.Database.Servers(), "servers")
	if t.Services.Nodes > 1 && t.places["balancer"] == nil {
		t.Fault("services.nodes", "%d nodes need a balancer before them: write `balancer: haproxy` or nginx, or `balancer: none` to load each by itself", t.Services.Nodes)
	}
	c := t.Cache
	for field, given := range map[string]bool{"cache.listen": c.Listen != "", "cache.memory": t.places["cache.memory"] != nil} {
		if given && !t.isWrong("cache.kind") && (c.Kind == None || c.Kind == "memory" || c.URL != "") {
			t.Fault(field, "means nothing here: no Redis or memcached is started")
		}
	}
}

func (t *Topology) databasesTogether() {
	d := t.Database
	if t.isWrong("database.kind") {
		return
	}
	if t.Store == "kv" {
		for _, key := range []string{"replicas", "shards", "kind", "url"} {
			if t.places["database."+key] != nil {
				t.Fault("database."+key, "there is no SQL database with store: kv: leave database out, or store")
			}
		}
		return
	}
	if d.Kind == SQLite {
		if d.Replicas > 0 {
			t.Fault("database.replicas", "SQLite has no replicas: write kind: postgres, or no replicas")
		}
		for _, key := range []string{"bin", "listen", "max_connections", "settings"} {
			if t.places["database."+key] != nil {
				t.Fault("database."+key, "is PostgreSQL's, and nothing to SQLite: write kind: postgres, or leave it out")
			}
		}
	}
	if d.Shards == 1 {
		t.Fault("database.shards", "one shard is a database: leave shards out, or have 2 or more")
	}
	if d.Shards > 0 && d.Replicas > 0 {
		t.Fault("database.replicas", "replicas follow one primary, and shards have none: have one of the two")
	}
	if d.URL != "" {
		t.elsewhere()
	}
	if d.Servers() > mostServers {
		t.Fault("database.replicas", "at most %d servers of PostgreSQL are started, got %d", mostServers, d.Servers())
	}
}

// elsewhere notes what asks to start something of a database that is there already.
func (t *Topology) elsewhere() {
	for _, key := range []string{"replicas", "shards", "listen", "bin", "max_connections", "settings"} {
		if t.places["database."+key] != nil {
			t.Fault("database."+key, "means nothing beside database.url: that database is not started here")
		}
	}
	if !strings.HasPrefix(t.Database.URL, t.Database.Kind) {
		t.Fault("database.url", "is of another kind than %s", t.Database.Kind)
	}
}

func (t *Topology) listening(field, first string, n int, what string) {
	_, port, err := split(first)
	if first == "" || err != nil || port == 0 {
		return
	}
	if last := port + n - 1; last > 65535 {
		t.Fault(field, "%d %s from port %d on need ports up to %d; there is none above 65535", n, what, port, last)
	}
}

// ours says which block sets a setting of the nodes.
func ours() map[string]string {
	return map[string]string{"upstream": "upstream", "store": "store", "kv_url": "store", "database_url": "database",
		"replicas": "database", "shards": "database", "cache": "cache", "cache_url": "cache"}
}

// settings judges the settings of the nodes, with the URLs that they will have stood in for.
func (t *Topology) settings() {
	for name := range t.Services.Set {
		if from := ours()[name]; from != "" {
			t.Fault("services.settings."+name, "follows from %s: in the topology, write it there", from)
		}
	}
	_, err := t.Settings(t.standIns())
	for _, err := range each(err) {
		name, text, found := strings.Cut(err.Error(), ": ")
		switch from := ours()[name]; {
		case !found:
			t.Fault("services.settings", "%s", err)
		case from != "":
			t.Fault(from+".url", "%s", text)
		default:
			t.Fault("services.settings."+name, "%s", text)
		}
	}
	if err := t.Fits(1); err != nil {
		name, text, _ := strings.Cut(err.Error(), ": ")
		switch {
		case strings.Contains(name, " "):
			t.Fault("services.settings", "%s", err)
		case strings.Contains(name, "."):
			t.Fault(name, "%s", text)
		default:
			t.Fault("services.settings."+name, "%s", text)
		}
	}
}

// each takes apart what was joined.
func each(err error) (all []error) {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		all = append(all, each(e)...)
	}
	return all
}

// Addresses are where the parts of a stack are, as URLs; "" and nil where the topology has
// no such part.
type Addresses struct {
	Upstream   string
	Database   string
	Replicas   []string
	Shards     []string
	KV         string
	Cache      string
	SessionKey string // the same on every node; a setting of the file wins
}

// Settings are those of every node.
func (t *Topology) Settings(at Addresses) (knobs.Settings, error) {
	values := map[string]string{}
	if at.SessionKey != "" {
		values["session_key"] = at.SessionKey
	}
	for name, value := range t.Services.Set {
		if ours()[name] == "" {
			values[name] = value
		}
	}
	values["upstream"], values["store"], values["cache"] = at.Upstream, t.Store, t.Cache.Kind
	values["cache_url"] = at.Cache
	if t.Store == "kv" {
		values["kv_url"] = at.KV
	} else {
		values["database_url"] = at.Database
		values["replicas"], values["shards"] = strings.Join(at.Replicas, " "), strings.Join(at.Shards, " ")
	}
	return knobs.Defaults().With(values)
}

// standIns are addresses as they might be.
func (t *Topology) standIns() Addresses {
	at := Addresses{Upstream: cmp.Or(t.Upstream.URL, "http://127.0.0.1:1"), KV: "redis://127.0.0.1:1", Database: t.Database.URL}
	if t.Cache.Kind == "redis" || t.Cache.Kind == "memcached" {
		at.Cache = cmp.Or(t.Cache.URL, t.Cache.Kind+"://127.0.0.1:1")
	}
	one := map[string]string{SQLite: "sqlite:a", Postgres: "postgres://a/b"}[t.Database.Kind]
	if at.Database == "" {
		at.Database = one
	}
	for range t.Database.Replicas {
		at.Replicas = append(at.Replicas, one)
	}
	if t.Database.Shards > 1 && t.Database.Replicas == 0 {
		at.Database = ""
		for range t.Database.Shards {
			at.Shards = append(at.Shards, one)
		}
	}
	if t.Database.Kind == SQLite {
		at.Replicas = nil
	}
	return at
}
