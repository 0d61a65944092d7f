package rented

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A blueprint is a Spec as the resources that it comes to. It is what is on the disk of a fleet.
type blueprint struct {
	Spec
	InGroup map[string]int // by region: instances of a placement group; 0 = usualGroup
}

// usualGroup is how many instances a placement group holds where the region does not tell.
const usualGroup = 5

// netRole is the role of networks, which are numbered as their regions are.
const netRole = "net"

// wants are all resources. Those of one kind and role are numbered from 1 in the order of the Spec.
func (b blueprint) wants() (all []rental.Want) {
	for i := range b.networks() {
		all = append(all, rental.Want{Kind: rental.Network, Role: netRole, Number: i + 1})
	}
	for _, role := range b.roles() {
		all = append(all, rental.Want{Kind: rental.Firewall, Role: role, Number: 1})
		for i := range b.groups(role) {
			all = append(all, rental.Want{Kind: rental.Placement, Role: role, Number: i + 1})
		}
		for i, m := range b.each(role) {
			all = append(all, rental.Want{Kind: rental.Instance, Role: role, Number: i + 1, Reach: m.reach()})
		}
	}
	for _, l := range b.Balancers {
		all = append(all, rental.Want{Kind: rental.Balancer, Role: l.Role, Number: 1})
	}
	return all
}

// reach makes agents register, so that a rental can do without some: here that is nothing but being installed.
func (m Machines) reach() rental.Reach {
	switch {
	case m.Role == Agent && m.Reach <= rental.ToInstall:
		return rental.ToRegister
	case m.Reach == rental.ToRegister:
		return rental.ToInstall
	}
	return m.Reach
}

// networks are the regions that need one, in their order.
func (b blueprint) networks() (regions []string) {
	if !b.Private {
		return nil
	}
	for _, m := range b.Machines {
		regions = append(regions, m.Region)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// network is the number of a region's network; 0 = it has none.
func (b blueprint) network(region string) int { return slices.Index(b.networks(), region) + 1 }

// within is the range of a network by its number. Ranges of one fleet are apart.
func within(number int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(number), 0, 0}), 16)
}

// roles are those of machines, in the order of the Spec.
func (b blueprint) roles() (roles []string) {
	for _, m := range b.Machines {
		if !slices.Contains(roles, m.Role) {
			roles = append(roles, m.Role)
		}
	}
	return roles
}

// each gives the machines of a role one by one: the first has number 1.
func (b blueprint) each(role string) (all []Machines) {
	for _, m := range b.Machines {
		for range m.Count {
			if m.Role == role {
				all = append(all, m)
			}
		}
	}
	return all
}

// machine is what a machine is like; false for one that is not of the Spec.
func (b blueprint) machine(role string, number int) (Machines, bool) {
	all := b.each(role)
	if number < 1 || number > len(all) {
		return Machines{}, false
	}
	return all[number-1], true
}

func (b blueprint) balancer(role string) (Balancer, bool) {
	i := slices.IndexFunc(b.Balancers, func(l Balancer) bool { return l.Role == role })
	if i < 0 {
		return Balancer{}, false
	}
	return b.Balancers[i], true
}

// unlike tells in what machines that both have are different: those that are there would be taken for what they are not.
func (b blueprint) unlike(wanted blueprint) error {
	var errs []error
	is := func(what, has, wants string) {
		if has != wants {
			errs = append(errs, fmt.Errorf("%s: it has %s, and wanted is %s", what, has, wants))
		}
	}
	is("network", networkWord(b.Private), networkWord(wanted.Private))
	for _, role := range b.roles() {
		for i, has := range b.each(role) {
			m, both := wanted.machine(role, i+1)
			if !both || len(errs) > 0 { // the first tells enough
				break
			}
			is("type", has.Type, m.Type)
			is("region", has.Region, m.Region)
			is("image", has.Image, m.Image)
			is("sysctl", fmt.Sprint(has.Sysctl), fmt.Sprint(m.Sysctl))
		}
	}
	return errors.Join(errs...)
}

func networkWord(private bool) string {
	if private {
		return "private"
	}
	return "public"
}

// groups are the regions of a role's placement groups: the first has number 1.
func (b blueprint) groups(role string) (regions []string) {
	for _, m := range b.Machines {
		for n := 0; m.Role == role && m.Apart && n < m.Count; n += b.most(m.Region) {
			regions = append(regions, m.Region)
		}
	}
	return regions
}

func (b blueprint) most(region string) int { return cmp.Or(b.InGroup[region], usualGroup) }

// group is the number of the placement group of a machine; 0 = it has none.
func (b blueprint) group(role string, number int) int {
	groups := 0
	for _, m := range b.Machines {
		if m.Role != role {
			continue
		}
		if number <= m.Count && m.Apart {
			return groups + (number-1)/b.most(m.Region) + 1
		}
		if number <= m.Count {
			return 0
		}
		number -= m.Count
		if m.Apart {
			groups += (m.Count + b.most(m.Region) - 1) / b.most(m.Region)
		}
	}
	return 0
}

// facts are the plan, or class, and the region of what costs money, as far as the Spec has it.
func (b blueprint) facts(k rental.Kind, label string) rental.Seen {
	n, _ := rental.ParseLabel(label)
	switch k {
	case rental.Instance:
		m, _ := b.machine(n.Role, n.Number)
		return rental.Seen{Type: m.Type, Region: m.Region}
	case rental.Balancer:
		l, _ := b.balancer(n.Role)
		return rental.Seen{Type: l.Class, Region: l.Region}
	}
	return rental.Seen{}
}

// pushes are how many machines get this program.
func (b blueprint) pushes() (n int) {
	for _, m := range b.Machines {
		if m.Reach <= rental.ToInstall {
			n += m.Count
		}
	}
	return n
}
