package linodetest

import (
	"net/netip"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// Instance is an instance by its label; false where there is none.
func (s *Simulator) Instance(label string) (Instance, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.named(rental.Instance, label)
	if r == nil {
		return Instance{}, false
	}
	return *r.instance, true
}

// Place gives an instance the addresses that it has in truth. Ones that are not valid leave what is there.
func (s *Simulator) Place(label string, public, private netip.Addr) {
	s.edit(label, func(i *Instance) {
		if public.IsValid() {
			i.Public = public
		}
		if private.IsValid() {
			i.Private = private
		}
	})
}

// SetStatus has an instance tell this status, whatever the clock says; "" = as the clock has it.
func (s *Simulator) SetStatus(label, status string) {
	s.edit(label, func(i *Instance) { i.status = status })
}

func (s *Simulator) edit(label string, change func(*Instance)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.named(rental.Instance, label); r != nil {
		change(r.instance)
	} else {
		s.t.Errorf("the simulator has no instance %q, only %s", label, strings.Join(labelsOf(s.of(rental.Instance)), ", "))
	}
}

func labelsOf(all []*resource) (labels []string) {
	for _, r := range all {
		labels = append(labels, r.label)
	}
	return labels
}

// Foreign puts instances there that are not ours, with these labels and no tags.
func (s *Simulator) Foreign(labels ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, label := range labels {
		i := &Instance{Label: label, Region: "us-ord", Type: "g6-nanode-1", Image: "linode/debian12", Public: s.public(), Boots: 1, Generation: "legacy_config"}
		r := s.add(&call{now: time.Unix(0, 0).UTC()}, &resource{kind: rental.Instance, label: label, region: i.Region, instance: i})
		i.ID, i.face = r.id, s.nextID()
	}
}
