package linodetest

import (
	"github.com/loadctl/loadctl/coordinator/rental"
)

// mostInGroup instances are in a placement group.
const mostInGroup = 5

type group struct{ policy string }

func (s *Simulator) makeGroup(c *call) answer {
	var want struct {
		Label, Region string
		Policy        string `json:"placement_group_policy"`
	}
	c.into(&want)
	if a, ok := s.free(rental.Placement, want.Label); !ok {
		return a
	}
	r := s.add(c, &resource{kind: rental.Placement, label: want.Label, region: want.Region, group: &group{want.Policy}})
	return good(s.groupObject(c, r))
}

func (s *Simulator) groupObject(_ *call, r *resource) object {
	return object{
		"id": r.id, "label": r.label, "region": r.region, "placement_group_type": "anti_affinity:local", "placement_group_policy": r.group.policy,
		"is_compliant": true, "members": s.members(r.id), "migrations": nil,
	}
}

func (s *Simulator) members(group int) []object {
	list := []object{}
	for _, r := range s.of(rental.Instance) {
		if r.instance.Placement == group {
			list = append(list, object{"linode_id": r.id, "is_compliant": true})
		}
	}
	return list
}

func (s *Simulator) listGroups(c *call) answer { return s.list(c, rental.Placement, s.groupObject) }

func (s *Simulator) oneGroup(c *call) answer {
	r := s.find(rental.Placement, c.id)
	if r == nil {
		return missing()
	}
	return good(s.groupObject(c, r))
}

func (s *Simulator) deleteGroup(c *call) answer {
	r := s.find(rental.Placement, c.id)
	switch {
	case r == nil:
		return missing()
	case len(s.members(r.id)) > 0:
		return wrong("", "Placement group has assigned Linodes")
	}
	return s.remove(r)
}
