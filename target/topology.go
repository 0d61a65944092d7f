package target

import (
	"errors"
	"strings"

	"github.com/loadctl/loadctl/target/balancer"
	"github.com/loadctl/loadctl/target/topology"
)

// ReadTopology reads a topology and has its upstream and its balancer judge their blocks.
// Whatever is wrong is told at once, as *topology.Mistakes.
func ReadTopology(file string, src []byte) (*topology.Topology, error) {
	t := topology.Parse(file, src)
	judgeUpstream(t)
	judgeBalancer(file, t)
	if err := t.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// simulatorOf is the upstream of a topology as `loadctl target upstream` has it.
func simulatorOf(u topology.Upstream) UpstreamConfig {
	if u.Delay == "" {
		u.Delay = DefaultDelay
	}
	return UpstreamConfig{Listen: u.Listen, Delay: u.Delay, Seed: u.Seed, ErrorRate: u.ErrorRate, ResetRate: u.ResetRate,
		RateLimit: u.RateLimit, RateBurst: u.RateBurst, SlowBytes: u.SlowBytes, BodyBytes: u.BodyBytes,
		FreezeAt: u.FreezeAt, FreezeFor: u.FreezeFor}
}

// judgeUpstream: the simulator names what is wrong as its flags are called.
func judgeUpstream(t *topology.Topology) {
	err := simulatorOf(t.Upstream).Validate()
	if err == nil {
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		name, text, found := strings.Cut(line, ": ")
		if field := strings.ReplaceAll(name, "-", "_"); found && !strings.ContainsAny(field, " \"") {
			t.Fault("upstream."+field, "%s", strings.ReplaceAll(text, "rate-limit", "rate_limit"))
			continue
		}
		t.Fault("upstream.delay", "%s", line)
	}
}

func judgeBalancer(file string, t *topology.Topology) {
	if t.Balancer.Kind == topology.None || t.Balancer.Block == nil { // nil where the file could not be read that far
		return
	}
	block := balancer.ReadBlock(file, t.Balancer.Block)
	cfg := block.Config
	cfg.Kind = balancer.Kind(t.Balancer.Kind)
	cfg.Backends = nil
	for i := range t.Services.Nodes {
		cfg.Backends = append(cfg.Backends, balancer.Backend{Address: topology.Port("127.0.0.1:1", i)})
	}
	mistakes, wrong := errors.AsType[*balancer.Mistakes](block.Judge(cfg))
	if !wrong {
		return
	}
	for _, m := range mistakes.All {
		text := m.Text
		if m.Hint != "" {
			text += " (" + m.Hint + ")"
		}
		t.Add(m.Line, m.Col, "balancer: "+text)
	}
}
