//go:build e2e

package cloud

import (
	"fmt"
	"net/netip"
)

// A network is a subnet of a VPC: a namespace with a bridge, and a router that maps public addresses to private ones, one
// to one. As each has a namespace, all may have the same private addresses.
type network struct {
	space, uplink string
	within        netip.Prefix
}

func (n *network) gateway() netip.Addr { return n.within.Addr().Next() }

// nat maps addresses both ways, and for those who call a neighbour by its public address.
const nat = `table ip nat {
 map in { type ipv4_addr : ipv4_addr
 }
 map out { type ipv4_addr : ipv4_addr
 }
 chain pre { type nat hook prerouting priority dstnat
  dnat to ip daddr map @in
 }
 chain post { type nat hook postrouting priority srcnat
  oifname "uplink" snat to ip saddr map @out
  oifname "vpc" iifname "vpc" ct status dnat snat to ip saddr map @out
 }
}
`

// join gives a machine its place in its network, which is made for the first.
func (c *Cloud) join(m *machine) (*network, error) {
	n := c.networks[m.subnet]
	if n == nil {
		var err error
		if n, err = c.dig(m.subnet); err != nil {
			return nil, err
		}
	}
	if err := ip(fmt.Sprintf("-n %s addr replace %s/24 dev uplink", n.space, m.public), fmt.Sprintf("-n %s route replace default via %s", n.space, c.Gateway)); err != nil {
		return nil, err
	}
	return n, n.nft(fmt.Sprintf("add element ip nat in { %s : %s }\nadd element ip nat out { %[2]s : %[1]s }\n", m.public, m.private))
}

// quit takes a machine's place.
func (c *Cloud) quit(m *machine) error {
	n := c.networks[m.subnet]
	if n == nil {
		return nil
	}
	if err := n.nft(fmt.Sprintf("delete element ip nat in { %s }\ndelete element ip nat out { %s }\n", m.public, m.private)); err != nil {
		return err
	}
	return ip(fmt.Sprintf("-n %s addr del %s/24 dev uplink", n.space, m.public))
}

func (n *network) nft(text string) error {
	return feed(text, "ip", "netns", "exec", n.space, "nft", "-f", "-")
}

func (c *Cloud) dig(subnet int) (*network, error) {
	within, ok := c.API.Subnet(subnet)
	if !ok {
		return nil, fmt.Errorf("there is no subnet %d", subnet)
	}
	n := &network{space: fmt.Sprintf("%s-v%d", c.name, subnet), uplink: fmt.Sprintf("v%d", subnet), within: within}
	c.networks[subnet] = n // from here on there may be something to take away
	err := ip(
		"netns add "+n.space,
		fmt.Sprintf("-n %s link add name vpc type bridge", n.space),
		fmt.Sprintf("-n %s addr add %s/%d dev vpc", n.space, n.gateway(), within.Bits()),
		fmt.Sprintf("-n %s link set vpc up", n.space),
		fmt.Sprintf("link add name uplink netns %s type veth peer name %s netns %s", n.space, n.uplink, c.name),
		fmt.Sprintf("-n %s link set %s master pub up", c.name, n.uplink),
		fmt.Sprintf("-n %s link set uplink up", n.space),
	)
	if err != nil {
		return nil, err
	}
	// An address that goes must not take those with it that came later.
	for _, setting := range []string{"net.ipv4.ip_forward=1", "net.ipv4.conf.all.promote_secondaries=1", "net.ipv4.conf.uplink.promote_secondaries=1"} {
		if err := run("ip", "netns", "exec", n.space, "sysctl", "-q", "-w", setting); err != nil {
			return nil, err
		}
	}
	return n, n.nft(nat)
}
