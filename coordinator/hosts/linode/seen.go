package linode

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

func seenNetwork(v linodego.VPC) rental.Seen {
	s := rental.Seen{Kind: rental.Network, ID: v.ID, Label: v.Label, Tags: tagsIn(v.Description), Region: v.Region, Created: at(v.Created)}
	for _, sub := range v.Subnets {
		for _, i := range sub.Linodes {
			s.Tenants = append(s.Tenants, i.ID)
		}
	}
	return s
}

// Tags of what has none are kept behind these words in its description, which has room for so many characters.
const (
	describes       = "made by loadctl: "
	mostDescription = 255
)

func described(tags []string) string {
	return strings.TrimRight(describes+strings.Join(tags, " "), ": ")
}

// tagsIn are the tags in a description of ours; nil of any other.
func tagsIn(description string) []string {
	text, ours := strings.CutPrefix(description, describes)
	if !ours {
		return nil
	}
	return strings.Fields(text)
}

func seenFirewall(f linodego.Firewall) rental.Seen {
	return rental.Seen{Kind: rental.Firewall, ID: f.ID, Label: f.Label, Tags: f.Tags, Status: string(f.Status), Created: at(f.Created)}
}

func seenPlacement(g linodego.PlacementGroup) rental.Seen {
	s := rental.Seen{Kind: rental.Placement, ID: g.ID, Label: g.Label, Region: g.Region}
	for _, m := range g.Members {
		s.Tenants = append(s.Tenants, m.LinodeID)
	}
	return s
}

func seenInstance(i linodego.Instance) rental.Seen {
	s := rental.Seen{
		Kind: rental.Instance, ID: i.ID, Label: i.Label, Tags: i.Tags, Status: string(i.Status), Type: i.Type, Region: i.Region, Created: at(i.Created),
	}
	s.Public, s.Private = firstOf(i.IPv4)
	return s
}

func seenBalancer(n linodego.NodeBalancer) rental.Seen {
	s := rental.Seen{Kind: rental.Balancer, ID: n.ID, Tags: n.Tags, Type: string(n.Type), Region: n.Region, Created: at(n.Created)}
	if n.Label != nil {
		s.Label = *n.Label
	}
	if n.IPv4 != nil {
		s.Public, _ = netip.ParseAddr(*n.IPv4)
	}
	return s
}

// at is a time of Linode, which are UTC.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// firstOf are the first public and the first private address. Those in a VPC are not among them: see Addresses.
func firstOf(all []*net.IP) (public, private netip.Addr) {
	for _, ip := range all {
		if ip == nil {
			continue
		}
		a, ok := netip.AddrFromSlice(*ip)
		a = a.Unmap()
		switch {
		case !ok:
		case a.IsPrivate() && !private.IsValid():
			private = a
		case !a.IsPrivate() && !public.IsValid():
			public = a
		}
	}
	return public, private
}
