package linode

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// mostPage is the most that Linode gives on one page: pages are what it counts most strictly.
const mostPage = 500

// A Query says which resources are wanted: those that bear the tag, and those whose label begins with the prefix. One
// that is empty finds nothing by itself; a Query that has neither finds all.
type Query struct{ Tag, Prefix string }

// kinds are in the order in which they are made.
func kinds() []rental.Kind {
	return []rental.Kind{rental.Network, rental.Firewall, rental.Placement, rental.Instance, rental.Balancer}
}

func tagged(kind rental.Kind) bool { return kind != rental.Network && kind != rental.Placement }

// Everything lists all kinds, in the order in which they are made. It fails where one of them does: half a list would
// look like resources that are gone.
func (c *Client) Everything(ctx context.Context, q Query) (all []rental.Seen, err error) {
	for _, kind := range kinds() {
		some, err := c.List(ctx, kind, q)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// List lists one kind, each resource once, with what hangs on a network or placement group. These have no tags that could
// be asked for, and are found by their label only; a network tells those that it was made with. A resource that was just
// made may be missing.
func (c *Client) List(ctx context.Context, kind rental.Kind, q Query) (all []rental.Seen, err error) {
	if q != (Query{}) && q.Prefix == "" && !tagged(kind) {
		return nil, nil
	}
	opts := &linodego.ListOptions{PageSize: mostPage, Filter: q.filter(kind)}
	err = c.do(ctx, fmt.Sprintf("list each %s", kind), func(ctx context.Context) error {
		all, err = c.list(ctx, kind, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	// What moved from one page to the next is there twice, and the filter finds the prefix amid a label too.
	seen := map[int]bool{}
	return slices.DeleteFunc(all, func(s rental.Seen) bool {
		again := seen[s.ID]
		seen[s.ID] = true
		return again || !q.finds(s)
	}), nil
}

func (c *Client) list(ctx context.Context, kind rental.Kind, opts *linodego.ListOptions) ([]rental.Seen, error) {
	switch kind {
	case rental.Network:
		return listed(seenNetwork)(c.api.ListVPCs(ctx, opts))
	case rental.Firewall:
		return listed(seenFirewall)(c.api.ListFirewalls(ctx, opts))
	case rental.Placement:
		return listed(seenPlacement)(c.api.ListPlacementGroups(ctx, opts))
	case rental.Instance:
		return listed(seenInstance)(c.api.ListInstances(ctx, opts))
	case rental.Balancer:
		return listed(seenBalancer)(c.api.ListNodeBalancers(ctx, opts))
	}
	return nil, unknownKind(kind)
}

func listed[T any](seen func(T) rental.Seen) func([]T, error) ([]rental.Seen, error) {
	return func(all []T, err error) (list []rental.Seen, _ error) {
		for _, v := range all {
			list = append(list, seen(v))
		}
		return list, err
	}
}

func unknownKind(kind rental.Kind) error { return fmt.Errorf("there is no kind %q", kind) }

// filter is the query as an X-Filter; "" for all.
func (q Query) filter(kind rental.Kind) string {
	var either []linodego.FilterNode
	if q.Tag != "" && tagged(kind) {
		either = append(either, &linodego.Comp{Column: "tags", Operator: linodego.Eq, Value: q.Tag})
	}
	if q.Prefix != "" {
		either = append(either, &linodego.Comp{Column: "label", Operator: linodego.Contains, Value: q.Prefix})
	}
	if len(either) == 0 {
		return ""
	}
	text, err := json.Marshal(linodego.Or("", "", either...))
	if err != nil { // of strings there is none
		return ""
	}
	return string(text)
}

func (q Query) finds(s rental.Seen) bool {
	return q == Query{} || q.Tag != "" && slices.Contains(s.Tags, q.Tag) || q.Prefix != "" && strings.HasPrefix(s.Label, q.Prefix)
}

// Get is one resource. One that is gone is a failure of class Missing.
func (c *Client) Get(ctx context.Context, kind rental.Kind, id int) (s rental.Seen, err error) {
	err = c.do(ctx, fmt.Sprintf("look at %s %d", kind, id), func(ctx context.Context) error {
		s, err = c.get(ctx, kind, id)
		return err
	})
	return s, err
}

func (c *Client) get(ctx context.Context, kind rental.Kind, id int) (rental.Seen, error) {
	switch kind {
	case rental.Network:
		return got(seenNetwork)(c.api.GetVPC(ctx, id))
	case rental.Firewall:
		return got(seenFirewall)(c.api.GetFirewall(ctx, id))
	case rental.Placement:
		return got(seenPlacement)(c.api.GetPlacementGroup(ctx, id))
	case rental.Instance:
		return got(seenInstance)(c.api.GetInstance(ctx, id))
	case rental.Balancer:
		return got(seenBalancer)(c.api.GetNodeBalancer(ctx, id))
	}
	return rental.Seen{}, unknownKind(kind)
}

func got[T any](seen func(T) rental.Seen) func(*T, error) (rental.Seen, error) {
	return func(v *T, err error) (rental.Seen, error) {
		if err != nil {
			return rental.Seen{}, err
		}
		return seen(*v), nil
	}
}

// Subnet is the id of the first subnet of a network: that of MakeNetwork, where nobody has added one.
func (c *Client) Subnet(ctx context.Context, network int) (id int, err error) {
	err = c.do(ctx, fmt.Sprintf("look at %s %d", rental.Network, network), func(ctx context.Context) error {
		v, err := c.api.GetVPC(ctx, network)
		if err != nil {
			return err
		}
		if len(v.Subnets) == 0 {
			return fmt.Errorf("it has no subnet")
		}
		id = slices.MinFunc(v.Subnets, func(a, b linodego.VPCSubnet) int { return a.ID - b.ID }).ID
		return nil
	})
	return id, err
}

// Addresses are the private addresses in a network, by the id of the instance: List does not tell them.
func (c *Client) Addresses(ctx context.Context, network int) (map[int]netip.Addr, error) {
	byID := map[int]netip.Addr{}
	err := c.do(ctx, fmt.Sprintf("list the addresses in %s %d", rental.Network, network), func(ctx context.Context) error {
		all, err := c.api.ListVPCIPAddresses(ctx, network, &linodego.ListOptions{PageSize: mostPage})
		for _, ip := range all {
			if ip.Address == nil || ip.LinodeID == 0 || byID[ip.LinodeID].IsValid() {
				continue
			}
			if a, err := netip.ParseAddr(*ip.Address); err == nil {
				byID[ip.LinodeID] = a
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return byID, nil
}
