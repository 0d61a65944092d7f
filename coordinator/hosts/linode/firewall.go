package linode

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// Bounds of a firewall by Linode's documentation.
const (
	mostRules     = 25  // in and out together
	mostAddresses = 255 // of a rule
)

// A FirewallSpec is what may pass. All else is dropped, in both directions, so that agents reach nobody who is not
// named.
type FirewallSpec struct {
	Label   string
	Tags    []string
	In, Out []Rule
}

// A Rule lets traffic pass.
type Rule struct {
	Label     string
	Protocol  string         // TCP, UDP or ICMP
	Ports     string         // such as "22, 8000-8100"; "" of ICMP only
	Addresses []netip.Prefix // of the other side; at least one, as none would be all
}

// SSH lets the given addresses log in.
func SSH(from ...netip.Prefix) Rule {
	return Rule{Label: "ssh", Protocol: "TCP", Ports: "22", Addresses: from}
}

// MakeFirewall makes a firewall that guards nothing yet: instances name it when they are made.
func (c *Client) MakeFirewall(ctx context.Context, s FirewallSpec) (rental.Seen, error) {
	if err := s.check(); err != nil {
		return rental.Seen{}, err
	}
	opts := linodego.FirewallCreateOptions{Label: s.Label, Tags: s.Tags, Rules: ruleSet(s.In, s.Out)}
	return made(ctx, c, rental.Firewall, s.Label, func(ctx context.Context) (*linodego.Firewall, error) {
		return c.api.CreateFirewall(ctx, opts)
	}, seenFirewall)
}

// SetRules replaces the rules of a firewall, as when our own address has changed.
func (c *Client) SetRules(ctx context.Context, firewall int, in, out []Rule) error {
	var p problems
	p.rules(in, out)
	if err := p.err(rental.Firewall, strconv.Itoa(firewall)); err != nil {
		return err
	}
	return c.do(ctx, fmt.Sprintf("set the rules of %s %d", rental.Firewall, firewall), func(ctx context.Context) error {
		_, err := c.api.UpdateFirewallRules(ctx, firewall, ruleSet(in, out))
		return err
	})
}

func ruleSet(in, out []Rule) linodego.FirewallRuleSet {
	return linodego.FirewallRuleSet{Inbound: rules(in), InboundPolicy: "DROP", Outbound: rules(out), OutboundPolicy: "DROP"}
}

// rules is never nil: that would be sent as null.
func rules(all []Rule) []linodego.FirewallRule {
	list := []linodego.FirewallRule{}
	for _, r := range all {
		list = append(list, linodego.FirewallRule{
			Action: "ACCEPT", Label: r.Label, Protocol: linodego.NetworkProtocol(r.Protocol), Ports: r.Ports, Addresses: addresses(r.Addresses),
		})
	}
	return list
}

func addresses(all []netip.Prefix) (a linodego.NetworkAddresses) {
	var v4, v6 []string
	for _, p := range all {
		if p.Addr().Is4() {
			v4 = append(v4, p.String())
		} else {
			v6 = append(v6, p.String())
		}
	}
	if v4 != nil {
		a.IPv4 = &v4
	}
	if v6 != nil {
		a.IPv6 = &v6
	}
	return a
}

func (s FirewallSpec) check() error {
	var p problems
	p.named(rental.Firewall, s.Label, "", s.Tags)
	p.rules(s.In, s.Out)
	return p.err(rental.Firewall, s.Label)
}

func (p *problems) rules(in, out []Rule) {
	if n := len(in) + len(out); n > mostRules {
		p.add("rules: must be at most %d, got %d", mostRules, n)
	}
	p.side("in", in)
	p.side("out", out)
}

func (p *problems) side(side string, all []Rule) {
	for i, r := range all {
		if n := len(r.Label); n < 3 || n > 32 {
			p.add("%s[%d].label: must have 3 to 32 characters, got %q", side, i, r.Label)
		}
		if n := len(r.Addresses); n < 1 || n > mostAddresses {
			p.add("%s[%d].addresses: must be 1 to %d, got %d", side, i, mostAddresses, n)
		}
		switch {
		case r.Protocol != "TCP" && r.Protocol != "UDP" && r.Protocol != "ICMP":
			p.add("%s[%d].protocol: must be TCP, UDP or ICMP, got %q", side, i, r.Protocol)
		case (r.Ports == "") != (r.Protocol == "ICMP"):
			p.add("%s[%d].ports: TCP and UDP must have them, ICMP has none, got %q", side, i, r.Ports)
		}
		for _, a := range r.Addresses {
			if !a.IsValid() {
				p.add("%s[%d].addresses: must be networks such as 192.0.2.1/32", side, i)
			}
		}
	}
}
