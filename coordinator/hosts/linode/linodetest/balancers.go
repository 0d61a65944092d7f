package linodetest

import (
	"fmt"
	"net/netip"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A Balancer is a NodeBalancer of the account, as it was asked for.
type Balancer struct {
	Label, Region, Type string
	Throttle            *int `json:"client_conn_throttle"`
	Firewall            int  `json:"firewall_id"`
	Tags                []string
	Subnet              int        `json:"-"`
	ID                  int        `json:"-"`
	Address             netip.Addr `json:"-"`
	Configs             []BalancerConfig
	VPCs                []struct {
		Subnet int `json:"subnet_id"`
	}
}

// A BalancerConfig is a port of one.
type BalancerConfig struct {
	Port         int
	Protocol     string
	Algorithm    string
	Stickiness   string
	Check        string
	CheckPath    string `json:"check_path"`
	CheckPassive *bool  `json:"check_passive"`
	Nodes        []BalancerNode
}

// A BalancerNode is a backend.
type BalancerNode struct {
	Label, Address, Mode string
	Weight               int
	Subnet               int `json:"subnet_id"`
}

func (s *Simulator) makeBalancer(c *call) answer {
	want := &Balancer{Type: "common"}
	c.into(want)
	if a, ok := s.free(rental.Balancer, want.Label); !ok {
		return a
	}
	for _, v := range want.VPCs {
		want.Subnet = v.Subnet
	}
	sub, region := s.subnet(want.Subnet)
	switch {
	case !has(want.Region, "NodeBalancers"):
		return wrong("region", "NodeBalancers are not available in this region")
	case want.Subnet > 0 && (sub == nil || region != want.Region):
		return wrong("vpcs[0].subnet_id", "Subnet not found in this region")
	case want.Type == "premium" && want.Subnet == 0:
		return wrong("vpcs", "A premium NodeBalancer needs a VPC")
	}
	r := s.add(c, &resource{kind: rental.Balancer, label: want.Label, region: want.Region, tags: want.Tags, balancer: want})
	want.ID, want.Address = r.id, netip.AddrFrom4([4]byte{198, 19, byte(r.id >> 8), byte(r.id)})
	if s.cfg.Public != nil {
		want.Address = s.cfg.Public()
	}
	a := good(s.balancerObject(c, r))
	a.after = s.rewire(r)
	return a
}

func (s *Simulator) balancerObject(_ *call, r *resource) object {
	throttle := 0
	if r.balancer.Throttle != nil {
		throttle = *r.balancer.Throttle
	}
	return times(object{
		"id": r.id, "label": r.label, "region": r.region, "type": r.balancer.Type, "hostname": fmt.Sprintf("%d.ip.linodeusercontent.example", r.id),
		"ipv4": r.balancer.Address.String(), "ipv6": fmt.Sprintf("2001:db8:1::%x", r.id), "frontend_address_type": "public",
		"frontend_vpc_subnet_id": nil, "client_conn_throttle": throttle, "client_udp_sess_throttle": 0, "lke_cluster": nil, "tags": some(r.tags),
		"locks": []string{}, "transfer": object{"in": nil, "out": nil, "total": nil},
	}, r.made)
}

func (s *Simulator) listBalancers(c *call) answer {
	return s.list(c, rental.Balancer, func(c *call, r *resource) object {
		return without(s.balancerObject(c, r), "frontend_address_type", "frontend_vpc_subnet_id", "locks")
	})
}

func (s *Simulator) oneBalancer(c *call) answer {
	r := s.find(rental.Balancer, c.id)
	if r == nil {
		return missing()
	}
	return good(s.balancerObject(c, r))
}

func (s *Simulator) deleteBalancer(c *call) answer {
	r := s.find(rental.Balancer, c.id)
	if r == nil {
		return missing()
	}
	a := s.remove(r)
	a.after = s.rewire(r)
	return a
}

// Balancer is a NodeBalancer by its label; false where there is none.
func (s *Simulator) Balancer(label string) (Balancer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.named(rental.Balancer, label)
	if r == nil {
		return Balancer{}, false
	}
	return *r.balancer, true
}
