package rented

import (
	"net/netip"
	"slices"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
)

// everybody is all addresses.
func everybody() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
}

// private are the ranges of the fleet's networks.
func (b blueprint) private() (ranges []netip.Prefix) {
	for i := range b.networks() {
		ranges = append(ranges, within(i+1))
	}
	return ranges
}

// in are the rules for what comes to the machines of a role; from is who may log in.
func (b blueprint) in(role string, from []netip.Prefix) []linode.Rule {
	all := append([]linode.Rule{linode.SSH(from...)}, among(b.private())...)
	return append(all, b.declared(role, func(m Machines) []linode.Rule { return m.In })...)
}

// out are the rules for what leaves them: names, time, the user data of their boot, private traffic, and what was declared.
func (b blueprint) out(role string) []linode.Rule {
	metadata := []netip.Prefix{netip.MustParsePrefix("169.254.169.254/32")}
	all := append([]linode.Rule{
		{Label: "dns-udp", Protocol: "UDP", Ports: "53", Addresses: everybody()},
		{Label: "dns-tcp", Protocol: "TCP", Ports: "53", Addresses: everybody()},
		{Label: "ntp", Protocol: "UDP", Ports: "123", Addresses: everybody()},
		{Label: "metadata", Protocol: "TCP", Ports: "80", Addresses: metadata},
	}, among(b.private())...)
	return append(all, b.declared(role, func(m Machines) []linode.Rule { return m.Out })...)
}

// among lets all pass between machines of the fleet.
func among(private []netip.Prefix) []linode.Rule {
	if len(private) == 0 {
		return nil
	}
	return []linode.Rule{
		{Label: "private-tcp", Protocol: "TCP", Ports: "1-65535", Addresses: private},
		{Label: "private-udp", Protocol: "UDP", Ports: "1-65535", Addresses: private},
		{Label: "private-icmp", Protocol: "ICMP", Addresses: private},
	}
}

// declared are the rules that machines of a role have in the Spec, each once.
func (b blueprint) declared(role string, of func(Machines) []linode.Rule) (all []linode.Rule) {
	for _, m := range b.Machines {
		if m.Role != role {
			continue
		}
		for _, r := range of(m) {
			if !slices.ContainsFunc(all, func(a linode.Rule) bool { return same(a, r) }) {
				all = append(all, r)
			}
		}
	}
	return all
}

func same(a, b linode.Rule) bool {
	return a.Label == b.Label && a.Protocol == b.Protocol && a.Ports == b.Ports && slices.Equal(a.Addresses, b.Addresses)
}
