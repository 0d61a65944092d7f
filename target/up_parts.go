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
	"github.com/loadctl/loadctl/target/stack"
	"github.com/loadctl/loadctl/target/topology"
)

// A builder makes parts of a topology. Addresses are chosen before anything starts, so
// that a part that starts again is where it was.
type builder struct {
	UpConfig
	dir   string
	ports stack.Ports
	at    topology.Addresses
	nodes []string
	parts []stack.Part
}

func (b *builder) build() error {
	for _, make := range []func() error{b.database, b.cache, b.upstream, b.services, b.balancer} {
		if err := make(); err != nil {
			return err
		}
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
	at, err := b.ports.Take("")
	if err != nil {
		return err
	}
	b.at.KV = "redis://" + at + "/0"
	return b.add(stack.Redis("store", b.dir, at, 0))
}

func (b *builder) postgres() error {
	d := b.Topology.Database
	bin, err := stack.PostgresBin(d.Bin)
	if err != nil {
		return err
	}
	need, err := b.Topology.Need(runtime.NumCPU())
	if err != nil {
		return err
	}
	var first *stack.Postgres
	for i := range d.Servers() {
		at, err := b.ports.Take(topology.Port(d.Listen, i))
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		p := &stack.Postgres{Dir: b.dir, Bin: bin, Address: at, Password: secret(), Connections: need.Connections, Settings: d.Settings}
		switch {
		case d.Shards > 0:
			p.Name = fmt.Sprintf("shard%d", i+1)
			b.at.Shards = append(b.at.Shards, p.URL())
		case i == 0:
			p.Name, first = "database", p
			b.at.Database = p.URL()
		default:
			p.Name, p.Of, p.Password = fmt.Sprintf("replica%d", i), first, first.Password
			b.at.Replicas = append(b.at.Replicas, p.URL())
		}
		part, err := p.Part()
		part.Address += fmt.Sprintf("  %d connections", need.Connections)
		if err := b.add(part, err); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) cache() error {
	c := b.Topology.Cache
	b.at.Cache = c.URL
	if c.URL != "" || c.Kind != "redis" && c.Kind != "memcached" {
		return nil
	}
	at, err := b.ports.Take(c.Listen)
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	b.at.Cache = c.Kind + "://" + at
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
	at, err := b.ports.Take(u.Listen)
	if err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	b.at.Upstream = "http://" + at
	cfg := simulatorOf(u)
	cfg.Listen = at
	return b.add(b.own("upstream", at, piece{Upstream: &cfg}))
}

func (b *builder) services() error {
	b.at.SessionKey = secret()
	settings, err := b.Topology.Settings(b.at)
	if err != nil {
		return err
	}
	for i := range b.Topology.Services.Nodes {
		at, err := b.ports.Take(topology.Port(b.Topology.Services.Listen, i))
		if err != nil {
			return fmt.Errorf("services: %w", err)
		}
		api, err := b.ports.Take("")
		if err != nil {
			return fmt.Errorf("services: %w", err)
		}
		b.nodes = append(b.nodes, at)
		is := &node{Listen: at, Settings: settings, AuthToken: b.Topology.Services.AuthToken,
			Admin: AdminConfig{Listen: api, Folder: b.Places}}
		part, err := b.own("node"+strconv.Itoa(i+1), at, piece{Node: is})
		part.Healthy = stack.Answers("/health")
		part.Grace = settings.GracefulTimeout + DefaultDrain
		if err := b.add(part, err); err != nil {
			return err
		}
	}
	return nil
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
	if kind == topology.None {
		return nil
	}
	if _, err := balancer.Binary(balancer.Kind(kind)); err != nil {
		return fmt.Errorf("%w (Debian: apt install %s); to do without it write `balancer: none`", err, kind)
	}
	listen, err := b.ports.Take(b.Topology.BalancerListen())
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	file := filepath.Join(b.dir, "balancer.yaml")
	text, err := yaml.Marshal(map[string]any{"balancer": b.Topology.BalancerBlock(listen, b.nodes)})
	if err != nil {
		return fmt.Errorf("balancer: %w", err)
	}
	return b.add(stack.Part{Name: "balancer", Address: listen, Own: true, Healthy: stack.Answers("/health"),
		Prepare: func(context.Context, stack.Preparation) error { return os.WriteFile(file, text, 0o600) },
		Command: func() *exec.Cmd { return b.Program("target", "balancer", kind, "-f", file, "--lifeline", "3") }}, nil)
}

func secret() string { return rand.Text() }
