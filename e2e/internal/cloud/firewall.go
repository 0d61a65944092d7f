//go:build e2e

package cloud

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// rewired does what has changed at a firewall or balancer, before the API answers.
func (c *Cloud) rewired(kind rental.Kind, label string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
	case kind == rental.Balancer:
		c.fail(c.balance(label))
	default:
		for _, m := range c.machines {
			c.fail(c.guard(m))
		}
	}
}

// guard gives a machine the rules of its firewall, in place of those before.
func (c *Cloud) guard(m *machine) error {
	rules, guarded := c.API.Guard(m.label)
	text := "table inet firewall\ndelete table inet firewall\n"
	if guarded {
		text += filter(rules)
	}
	return feed(text, "ip", "netns", "exec", m.space, "nft", "-f", "-")
}

// filter is a firewall in the words of nft. Answers to what was let through pass, whatever the rules of their direction say.
func filter(r linodetest.Rules) string {
	var b strings.Builder
	b.WriteString("table inet firewall {\n")
	side(&b, "in", "input", "saddr", r.InboundPolicy, r.Inbound)
	side(&b, "out", "output", "daddr", r.OutboundPolicy, r.Outbound)
	b.WriteString("}\n")
	return b.String()
}

func side(b *strings.Builder, name, hook, far, policy string, rules []linodetest.Rule) {
	fmt.Fprintf(b, "chain %s {\n type filter hook %s priority 0; policy %s\n", name, hook, strings.ToLower(policy))
	b.WriteString(" ct state established,related accept\n meta oiftype loopback accept\n meta iiftype loopback accept\n")
	for _, r := range rules {
		what := protocol(r)
		for family, addresses := range map[string][]string{"ip": r.Addresses.IPv4, "ip6": r.Addresses.IPv6} {
			if len(addresses) > 0 {
				fmt.Fprintf(b, " %s %s { %s } %s %s\n", family, far, strings.Join(addresses, ", "), what, strings.ToLower(r.Action))
			}
		}
	}
	b.WriteString("}\n")
}

func protocol(r linodetest.Rule) string {
	name := strings.ToLower(r.Protocol)
	if r.Ports == "" {
		return "meta l4proto " + name
	}
	return fmt.Sprintf("%s dport { %s }", name, r.Ports)
}
