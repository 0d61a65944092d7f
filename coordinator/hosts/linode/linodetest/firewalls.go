package linodetest

import (
	"fmt"

	"github.com/loadctl/loadctl/coordinator/rental"
)

type firewall struct {
	rules Rules
}

// Rules are those of a firewall, as Linode has them.
type Rules struct {
	Inbound        []Rule `json:"inbound"`
	InboundPolicy  string `json:"inbound_policy"`
	Outbound       []Rule `json:"outbound"`
	OutboundPolicy string `json:"outbound_policy"`
	Version        int    `json:"version"`
	Fingerprint    string `json:"fingerprint"`
}

// A Rule is one of them.
type Rule struct {
	Action    string    `json:"action"`
	Label     string    `json:"label"`
	Ports     string    `json:"ports,omitempty"`
	Protocol  string    `json:"protocol"`
	Addresses Addresses `json:"addresses"`
}

// Addresses are networks, such as 192.0.2.0/24.
type Addresses struct {
	IPv4 []string `json:"ipv4,omitempty"`
	IPv6 []string `json:"ipv6,omitempty"`
}

func (s *Simulator) makeFirewall(c *call) answer {
	var want struct {
		Label string
		Tags  []string
		Rules Rules
	}
	c.into(&want)
	if a, ok := s.free(rental.Firewall, want.Label); !ok {
		return a
	}
	if s.cfg.Restricted && len(want.Tags) > 0 {
		return refused(403, "tags", "Unauthorized")
	}
	r := s.add(c, &resource{kind: rental.Firewall, label: want.Label, tags: want.Tags, firewall: &firewall{want.Rules}})
	r.firewall.version(1)
	return good(s.firewallObject(c, r))
}

func (f *firewall) version(n int) {
	f.rules.Version, f.rules.Fingerprint = n, fmt.Sprintf("%08x", n)
}

func (s *Simulator) firewallObject(_ *call, r *resource) object {
	guarded := []object{}
	for _, i := range s.of(rental.Instance) {
		if i.instance.Firewall == r.id {
			guarded = append(guarded, object{"id": i.id, "type": "linode", "label": i.label, "url": fmt.Sprintf("/v4/linode/instances/%d", i.id), "parent_entity": nil})
		}
	}
	return times(object{"id": r.id, "label": r.label, "status": "enabled", "rules": r.firewall.rules, "tags": some(r.tags), "entities": guarded}, r.made)
}

func (s *Simulator) listFirewalls(c *call) answer {
	return s.list(c, rental.Firewall, func(c *call, r *resource) object {
		o := s.firewallObject(c, r)
		for _, guarded := range o["entities"].([]object) {
			without(guarded, "parent_entity")
		}
		return o
	})
}

func (s *Simulator) oneFirewall(c *call) answer {
	r := s.find(rental.Firewall, c.id)
	if r == nil {
		return missing()
	}
	return good(s.firewallObject(c, r))
}

func (s *Simulator) setRules(c *call) answer {
	r := s.find(rental.Firewall, c.id)
	if r == nil {
		return missing()
	}
	var want Rules // a fresh one: JSON read over old rules would leave some of them
	c.into(&want)
	before := r.firewall.rules.Version
	r.firewall.rules = want
	r.firewall.version(before + 1)
	a := good(r.firewall.rules)
	a.after = s.rewire(r)
	return a
}

// deleteFirewall leaves what it has guarded open, as Linode does.
func (s *Simulator) deleteFirewall(c *call) answer {
	r := s.find(rental.Firewall, c.id)
	if r == nil {
		return missing()
	}
	for _, i := range s.of(rental.Instance) {
		if i.instance.Firewall == r.id {
			i.instance.Firewall = 0
		}
	}
	a := s.remove(r)
	a.after = s.rewire(r)
	return a
}

// Guard are the rules of the firewall of an instance, by the instance's label; false where it has none.
func (s *Simulator) Guard(label string) (Rules, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.named(rental.Instance, label); i != nil {
		if r := s.find(rental.Firewall, i.instance.Firewall); r != nil {
			return r.firewall.rules, true
		}
	}
	return Rules{}, false
}

// Rules are those of a firewall, by its label; false where there is none.
func (s *Simulator) Rules(label string) (Rules, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.named(rental.Firewall, label)
	if r == nil {
		return Rules{}, false
	}
	return r.firewall.rules, true
}
