package linodetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A resource is something of the account. One of the pointers is set, by its kind.
type resource struct {
	kind          rental.Kind
	id            int
	label, region string
	tags          []string
	made          time.Time

	network  *network
	firewall *firewall
	group    *group
	instance *Instance
	balancer *Balancer
}

// zoneless is how Linode writes times: in UTC, and without saying so.
const zoneless = "2006-01-02T15:04:05"

func (s *Simulator) nextID() int {
	s.lastID++
	return s.lastID
}

func (s *Simulator) add(c *call, r *resource) *resource {
	r.id, r.made = s.nextID(), c.now
	s.all = append(s.all, r)
	return r
}

func (s *Simulator) of(kind rental.Kind) (some []*resource) {
	for _, r := range s.all {
		if r.kind == kind {
			some = append(some, r)
		}
	}
	return some
}

// find is nil where there is none of the kind.
func (s *Simulator) find(kind rental.Kind, id int) *resource {
	for _, r := range s.all {
		if r.kind == kind && r.id == id {
			return r
		}
	}
	return nil
}

func (s *Simulator) named(kind rental.Kind, label string) *resource {
	for _, r := range s.all {
		if r.kind == kind && r.label == label {
			return r
		}
	}
	return nil
}

func (s *Simulator) remove(r *resource) answer {
	s.all = slices.DeleteFunc(s.all, func(x *resource) bool { return x == r })
	return good(object{})
}

// them is what Linode calls many of a kind.
func them(kind rental.Kind) string {
	return map[rental.Kind]string{
		rental.Network: "VPCs", rental.Firewall: "Cloud Firewalls", rental.Placement: "placement groups",
		rental.Instance: "linodes", rental.Balancer: "NodeBalancers",
	}[kind]
}

// free says whether a label may be given, and how Linode refuses one that is taken.
func (s *Simulator) free(kind rental.Kind, label string) (answer, bool) {
	if s.named(kind, label) != nil {
		return wrong("label", fmt.Sprintf("Label must be unique among your %s", them(kind))), false
	}
	return answer{}, true
}

func times(o object, at time.Time) object {
	o["created"], o["updated"] = at.Format(zoneless), at.Format(zoneless)
	return o
}

// some is all, but never null.
func some[T any](all []T) []T { return append([]T{}, all...) }

// without is an object without some of its keys: answers of one kind do not all tell the same.
func without(o object, keys ...string) object {
	for _, k := range keys {
		delete(o, k)
	}
	return o
}
