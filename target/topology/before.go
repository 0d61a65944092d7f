package topology

import (
	"strconv"

	"go.yaml.in/yaml/v4"
)

// BalancerListen is where the file wants the balancer; "" = a free port.
func (t *Topology) BalancerListen() string {
	if t.Balancer.Block == nil {
		return ""
	}
	b := (&Topology{places: map[string]*yaml.Node{}}).mapping(t.Balancer.Block, "balancer")
	n := b.take("listen")
	if n == nil {
		return ""
	}
	return n.Value
}

// BalancerBlock is the block of the file with nodes as its backends, to be written for
// the balancer itself.
func (t *Topology) BalancerBlock(listen string, nodes []string) *yaml.Node {
	block := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	visits := 0
	if from := t.Balancer.Block; from != nil {
		for i := 0; i+1 < len(from.Content); i += 2 {
			if key := from.Content[i].Value; key != "listen" && key != "kind" {
				block.Content = append(block.Content, from.Content[i], plain(from.Content[i+1], &visits))
			}
		}
	}
	backends := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i, at := range nodes {
		backends.Content = append(backends.Content, mapped("name", "node"+strconv.Itoa(i+1), "address", at))
	}
	block.Content = append(block.Content, mapped("kind", t.Balancer.Kind, "listen", listen).Content...)
	block.Content = append(block.Content, text("backends"), backends)
	return block
}

// plain is a node without aliases: what they stand for may be elsewhere in the file.
func plain(n *yaml.Node, visits *int) *yaml.Node {
	const most = 10_000
	if *visits++; *visits > most {
		return text("")
	}
	n = follow(n)
	c := *n
	c.Anchor, c.Content = "", make([]*yaml.Node, len(n.Content))
	for i, inner := range n.Content {
		c.Content[i] = plain(inner, visits)
	}
	return &c
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func mapped(pairs ...string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, p := range pairs {
		n.Content = append(n.Content, text(p))
	}
	return n
}
