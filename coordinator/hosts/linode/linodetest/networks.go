package linodetest

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

type network struct {
	text    string
	subnets []*subnet
}

type subnet struct {
	id     int
	label  string
	within netip.Prefix
	made   time.Time
}

func (s *Simulator) makeNetwork(c *call) answer {
	var want struct {
		Label, Region, Description string
		Subnets                    []struct{ Label, IPv4 string }
	}
	c.into(&want)
	if a, ok := s.free(rental.Network, want.Label); !ok {
		return a
	}
	if !has(want.Region, "VPCs") {
		return wrong("region", "VPCs are not available in this region")
	}
	n := &network{text: want.Description}
	for _, sub := range want.Subnets {
		within, err := netip.ParsePrefix(sub.IPv4)
		if err != nil || !within.Addr().IsPrivate() {
			return wrong("subnets[0].ipv4", "Must be an IPv4 range of RFC1918")
		}
		n.subnets = append(n.subnets, &subnet{s.nextID(), sub.Label, within.Masked(), c.now})
	}
	r := s.add(c, &resource{kind: rental.Network, label: want.Label, region: want.Region, network: n})
	return good(s.networkObject(c, r))
}

func (s *Simulator) networkObject(c *call, r *resource) object {
	subnets := []object{}
	for _, sub := range r.network.subnets {
		subnets = append(subnets, times(object{
			"id": sub.id, "label": sub.label, "ipv4": sub.within.String(), "ipv6": nil, "linodes": s.inSubnet(sub.id),
			"databases": []any{}, "nodebalancers": []any{}, "vpc_type": "regular",
		}, sub.made))
	}
	return times(object{
		"id": r.id, "label": r.label, "description": r.network.text, "region": r.region, "subnets": subnets, "vpc_type": "regular", "ipv6": nil,
		"ipv4": []object{{"range": "10.0.0.0/8"}, {"range": "172.16.0.0/12"}, {"range": "192.168.0.0/17"}},
	}, r.made)
}

func (s *Simulator) inSubnet(id int) []object {
	list := []object{}
	for _, r := range s.of(rental.Instance) {
		if r.instance.Subnet == id {
			list = append(list, object{"id": r.id, "interfaces": []object{{"id": r.instance.face, "active": true}}})
		}
	}
	return list
}

func (s *Simulator) listNetworks(c *call) answer {
	return s.list(c, rental.Network, func(c *call, r *resource) object { return bare(s.networkObject(c, r)) })
}

func (s *Simulator) oneNetwork(c *call) answer {
	r := s.find(rental.Network, c.id)
	if r == nil {
		return missing()
	}
	return good(bare(s.networkObject(c, r)))
}

// bare is a network whose subnets tell less, as they do where it was not just made.
func bare(o object) object {
	for _, sub := range o["subnets"].([]object) {
		without(sub, "ipv6", "databases", "nodebalancers", "vpc_type")
	}
	return o
}

// deleteNetwork refuses while a subnet is in use, which it is for a while after its instances are gone.
func (s *Simulator) deleteNetwork(c *call) answer {
	r := s.find(rental.Network, c.id)
	if r == nil {
		return missing()
	}
	for _, sub := range r.network.subnets {
		if s.used(c, sub.id) {
			return wrong("", "Cannot delete a VPC while a subnet of it is in use")
		}
	}
	return s.remove(r)
}

func (s *Simulator) used(c *call, subnet int) bool {
	if c.now.Before(s.released[subnet]) || len(s.inSubnet(subnet)) > 0 {
		return true
	}
	for _, r := range s.of(rental.Balancer) {
		if r.balancer.Subnet == subnet {
			return true
		}
	}
	return false
}

func (s *Simulator) listAddresses(c *call) answer {
	n := s.find(rental.Network, c.id)
	if n == nil {
		return missing()
	}
	all := []object{}
	for _, r := range s.of(rental.Instance) {
		sub := n.network.subnet(r.instance.Subnet)
		if sub == nil {
			continue
		}
		all = append(all, object{
			"address": r.instance.Private.String(), "address_range": nil, "vpc_id": n.id, "subnet_id": sub.id, "region": n.region,
			"linode_id": r.id, "interface_id": r.instance.face, "config_id": r.instance.face + 1, "active": true, "database_id": nil, "nodebalancer_id": nil,
			"nat_1_1": r.instance.Public.String(), "gateway": sub.within.Addr().Next().String(), "prefix": sub.within.Bits(),
			"subnet_mask": mask(sub.within.Bits()),
		})
	}
	return page(c, all)
}

func mask(bits int) string {
	m := ^uint32(0) << (32 - bits)
	return fmt.Sprintf("%d.%d.%d.%d", m>>24, m>>16&255, m>>8&255, m&255)
}

func (n *network) subnet(id int) *subnet {
	for _, sub := range n.subnets {
		if sub.id == id {
			return sub
		}
	}
	return nil
}

// Subnet is the range of a subnet, by its id; false where there is none.
func (s *Simulator) Subnet(id int) (netip.Prefix, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub, _ := s.subnet(id); sub != nil {
		return sub.within, true
	}
	return netip.Prefix{}, false
}

// subnet finds a subnet in all networks, with the region it is in.
func (s *Simulator) subnet(id int) (*subnet, string) {
	for _, r := range s.of(rental.Network) {
		if sub := r.network.subnet(id); sub != nil {
			return sub, r.region
		}
	}
	return nil, ""
}

// private is the next address of a subnet. Its first two and last two are Linode's.
func (s *Simulator) private(sub *subnet) (netip.Addr, bool) {
	used := map[netip.Addr]bool{}
	for _, r := range s.of(rental.Instance) {
		used[r.instance.Private] = true
	}
	for a := sub.within.Addr().Next().Next(); sub.within.Contains(a.Next().Next()); a = a.Next() {
		if !used[a] {
			return a, true
		}
	}
	return netip.Addr{}, false
}
