package target

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/loadctl/loadctl/target/balancer"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/stack"
	"github.com/loadctl/loadctl/target/topology"
)

// A builder makes parts of a topology. Addresses are chosen before anything starts, so
// that a part that starts again is where it was. With an order only one part is made, as
// the others are on other machines.
type builder struct {
	UpConfig
	dir   string
	ports stack.Ports
	at    topology.Addresses
	nodes []string
	parts []stack.Part
}

// here says whether a part is to be made on this machine.
func (b *builder) here(part string) bool { return b.Order == nil || b.Order.Part == part }

// place is where a part is for the others.
func (b *builder) place(part, listen string) (string, error) {
	if b.Order == nil {
		return b.ports.Take(listen)
	}
	at, known := b.Order.At[part]
	if !known {
		return "", fmt.Errorf("the order does not say where %s is", part)
	}
	return at, nil
}

// listen is where a part listens that is at an address for the others.
func (b *builder) listen(at string) string {
	if b.Order == nil {
		return at
	}
	return b.Order.Listen
}

// cores are those of a node's machine.
func (b *builder) cores() int {
	if b.Order == nil {
		return runtime.NumCPU()
	}
	return b.Order.Cores
}

// secrets are those that parts share.
func (b *builder) secrets() (password, sessionKey string) {
	if b.Order == nil {
		return secret(), secret()
	}
	return b.Order.Password, b.Order.SessionKey
}

func (b *builder) build() error {
	for _, make := range []func() error{b.database, b.cache, b.upstream, b.services, b.balancer} {
		if err := make(); err != nil {
			return err
		}
	}
	if b.Order != nil && len(b.parts) != 1 {
		return fmt.Errorf("the order names part %q, which this topology has not", b.Order.Part)
	}
	return nil
}

func (b *builder) add(p stack.Part, err error) error {
	if err == nil {
		b.parts = append(b.parts, p)
	}
	return err
}

func (b *builder) database() error {
	d := b.Topology.Database
	switch {
	case b.Topology.Store == "kv":
		return b.keyValue()
	case d.URL != "":
		b.at.Database = d.URL
	case d.Kind == topology.Postgres:
		return b.postgres()
	case d.Shards > 0:
		for i := range d.Shards {
			b.at.Shards = append(b.at.Shards, "sqlite:"+filepath.Join(b.dir, fmt.Sprintf("shard%d.db", i+1)))
		}
	default:
		b.at.Database = "sqlite:" + filepath.Join(b.dir, "items.db")
	}
	return nil
}

func (b *builder) keyValue() error {
	at, err := b.place("store", "")
	if err != nil {
		return err
	}
	if b.at.KV = "redis://" + at + "/0"; !b.here("store") {
		return nil
	}
	return b.add(stack.Redis("store", b.dir, at, 0))
}

func (b *builder) postgres() error {
	need, err := b.Topology.Need(b.cores())
	if err != nil {
		return err
	}
	var first *stack.Postgres
	password, _ := b.secrets()
	for i := range b.Topology.Database.Servers() {
		p, err := b.server(i, first, password, need.Connections)
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		if i == 0 {
			first = p
		}
		if err := b.start(p); err != nil {
			return err
		}
	}
	return nil
}

// server is the i-th of PostgreSQL, of which those after the first are shards or follow it.
func (b *builder) server(i int, first *stack.Postgres, password string, connections int) (*stack.Postgres, error) {
	d := b.Topology.Database
	p := &stack.Postgres{Dir: b.dir, Password: password, Connections: connections, Settings: d.Settings, Name: "database"}
	switch {
	case d.Shards > 0:
		p.Name = fmt.Sprintf("shard%d", i+1)
	case i > 0:
		p.Name, p.Of = fmt.Sprintf("replica%d", i), first
	}
	at, err := b.place(p.Name, topology.Port(d.Listen, i))
	p.Address = at
	switch {
	case d.Shards > 0:
		b.at.Shards = append(b.at.Shards, p.URL())
	case i > 0:
		b.at.Replicas = append(b.at.Replicas, p.URL())
	default:
		b.at.Database = p.URL()
	}
	return p, err
}

// start has a server started if it is here.
func (b *builder) start(p *stack.Postgres) (err error) {
	if !b.here(p.Name) {
		return nil
	}
	if p.Bin, err = stack.PostgresBin(b.Topology.Database.Bin); err != nil {
		return err
	}
	part, err := p.Part()
	part.Address += fmt.Sprintf("  %d connections", p.Connections)
	return b.add(part, err)
}

func (b *builder) cache() error {
	c := b.Topology.Cache
	b.at.Cache = c.URL
	if c.URL != "" || c.Kind != "redis" && c.Kind != "memcached" {
		return nil
	}
	at, err := b.place("cache", c.Listen)
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	if b.at.Cache = c.Kind + "://" + at; !b.here("cache") {
		return nil
	}
	if c.Kind == "redis" {
		return b.add(stack.Redis("cache", b.dir, at, c.Memory))
	}
	return b.add(stack.Memcached("cache", at, c.Memory))
}

func (b *builder) upstream() error {
	u := b.Topology.Upstream
	if b.at.Upstream = u.URL; u.URL != "" {
		return nil
	}
	at, err := b.place("upstream", u.Listen)
	if err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	if b.at.Upstream = "http://" + at; !b.here("upstream") {
		return nil
	}
	cfg := simulatorOf(u)
	cfg.Listen = at
	return b.add(b.own("upstream", at, piece{Upstream: &cfg}))
}

func (b *builder) services() error {
	_, b.at.SessionKey = b.secrets()
	settings, err := b.Topology.Settings(b.at)
	if err != nil {
		return err
	}
	for i := range b.Topology.Services.Nodes {
		name := "node" + strconv.Itoa(i+1)
		at, err := b.place(name, topology.Port(b.Topology.Services.Listen, i))
		if err != nil {
			return fmt.Errorf("services: %w", err)
		}
		b.nodes = append(b.nodes, at)
		if !b.here(name) {
			continue
		}
		if err := b.node(name, at, settings); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) node(name, at string, settings knobs.Settings) error {
	api, err := b.ports.Take("")
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	is := &node{Listen: b.listen(at), Settings: settings, AuthToken: b.Topology.Services.AuthToken,
		Admin: AdminConfig{Listen: api, Folder: b.Places}}
	part, err := b.own(name, at, piece{Node: is})
	part.Healthy = stack.Answers("/health")
	part.Grace = settings.GracefulTimeout + DefaultDrain
	return b.add(part, err)
}

// own is a part that this program is, with its order in the environment: a command line
// is for everybody to read, and passwords are in it.
func (b *builder) own(name, at string, o piece) (stack.Part, error) {
	text, err := json.Marshal(o)
	return stack.Part{Name: name, Address: "http://" + at, Own: true, Command: func() *exec.Cmd {
		cmd := b.Program("target", "part", "--lifeline", "3")
		cmd.Env = append(cmd.Environ(), PartEnv+"="+string(text))
		return cmd
	}}, err
}

// balancer is `loadctl target balancer` with the block of the file and the nodes.
func (b *builder) balancer() error {
	kind := b.Topology.Balancer.Kind
	if kind == topology.None || !b.here("balancer") {
		return nil
	}
	if _, err := balancer.Binary(balancer.Kind(kind)); err != nil {
		return fmt.Errorf("%w (Debian: apt install %s); to do without it write `balancer: none`", err, kind)
	}
	at, err := b.place("balancer", b.Topology.BalancerListen())
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	file := filepath.Join(b.dir, "balancer.yaml")
	text, err := yaml.Marshal(map[string]any{"balancer": b.Topology.BalancerBlock(b.listen(at), b.nodes)})
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	return b.add(stack.Part{Name: "balancer", Address: at, Own: true, Healthy: stack.Answers("/health"),
		Prepare: func(context.Context, stack.Preparation) error { return os.WriteFile(file, text, 0o600) },
		Command: func() *exec.Cmd { return b.Program("target", "balancer", kind, "-f", file, "--lifeline", "3") }}, nil)
}

func secret() string { return rand.Text() }
