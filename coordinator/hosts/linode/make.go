package linode

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// made asks for a resource once, and says how the cloud tells of it. A good answer without an id is not one.
func made[T any](ctx context.Context, c *Client, kind rental.Kind, label string, ask func(context.Context) (*T, error), seen func(T) rental.Seen) (rental.Seen, error) {
	var s rental.Seen
	err := c.do(ctx, fmt.Sprintf("make %s %s", kind, label), func(ctx context.Context) error {
		got, err := ask(ctx)
		if err != nil {
			return err
		}
		if s = seen(*got); s.ID == 0 {
			return fmt.Errorf("it has no id")
		}
		return nil
	})
	if err != nil {
		return rental.Seen{}, err
	}
	return s, nil
}

// MakeNetwork makes a VPC with its subnet; see Subnet for the id of that.
func (c *Client) MakeNetwork(ctx context.Context, s NetworkSpec) (rental.Seen, error) {
	if err := s.check(); err != nil {
		return rental.Seen{}, err
	}
	opts := linodego.VPCCreateOptions{
		Label: s.Label, Region: s.Region, Description: described(s.Tags),
		Subnets: []linodego.VPCSubnetCreateOptions{{Label: s.Label, IPv4: s.Range.String()}},
	}
	return made(ctx, c, rental.Network, s.Label, func(ctx context.Context) (*linodego.VPC, error) {
		return c.api.CreateVPC(ctx, opts)
	}, seenNetwork)
}

// MakePlacement makes a placement group.
func (c *Client) MakePlacement(ctx context.Context, s PlacementSpec) (rental.Seen, error) {
	if err := s.check(); err != nil {
		return rental.Seen{}, err
	}
	opts := linodego.PlacementGroupCreateOptions{
		Label: s.Label, Region: s.Region,
		PlacementGroupType: linodego.PlacementGroupTypeAntiAffinityLocal, PlacementGroupPolicy: linodego.PlacementGroupPolicyFlexible,
	}
	if s.Strict {
		opts.PlacementGroupPolicy = linodego.PlacementGroupPolicyStrict
	}
	return made(ctx, c, rental.Placement, s.Label, func(ctx context.Context) (*linodego.PlacementGroup, error) {
		return c.api.CreatePlacementGroup(ctx, opts)
	}, seenPlacement)
}

// MakeInstance makes an instance, and waits for its turn for that. Its watchdog is on then: see Unwatch.
func (c *Client) MakeInstance(ctx context.Context, s InstanceSpec) (rental.Seen, error) {
	if err := s.check(); err != nil {
		return rental.Seen{}, err
	}
	opts := s.options()
	return made(ctx, c, rental.Instance, s.Label, func(ctx context.Context) (*linodego.Instance, error) {
		return c.api.CreateInstance(ctx, opts)
	}, seenInstance)
}

func (s InstanceSpec) options() linodego.InstanceCreateOptions {
	opts := linodego.InstanceCreateOptions{
		Label: s.Label, Region: s.Region, Type: s.Type, Image: s.Image, Tags: s.Tags, AuthorizedKeys: s.Keys,
		InterfaceGeneration: linodego.InterfaceGeneration(s.Generation),
	}
	if len(s.UserData) > 0 {
		opts.Metadata = &linodego.InstanceMetadataOptions{UserData: base64.StdEncoding.EncodeToString(s.UserData)}
	}
	if s.Placement != 0 {
		opts.PlacementGroup = &linodego.InstanceCreatePlacementGroupOptions{ID: s.Placement}
	}
	if s.Generation == Linode {
		opts.LinodeInterfaces = []linodego.LinodeInterfaceCreateOptions{s.linodeInterface()}
		return opts
	}
	opts.FirewallID = s.Firewall
	opts.Interfaces = []linodego.InstanceConfigInterfaceCreateOptions{s.legacyInterface()}
	return opts
}

func (s InstanceSpec) legacyInterface() linodego.InstanceConfigInterfaceCreateOptions {
	if s.Subnet == 0 {
		return linodego.InstanceConfigInterfaceCreateOptions{Purpose: linodego.InterfacePurposePublic, Primary: true}
	}
	return linodego.InstanceConfigInterfaceCreateOptions{
		Purpose: linodego.InterfacePurposeVPC, Primary: true, SubnetID: &s.Subnet, IPv4: &linodego.VPCIPv4{NAT1To1: new("any")},
	}
}

// linodeInterface names its firewall in any case, as without the account's default would guard it.
func (s InstanceSpec) linodeInterface() linodego.LinodeInterfaceCreateOptions {
	const none = -1
	i := linodego.LinodeInterfaceCreateOptions{FirewallID: new(cmp.Or(s.Firewall, none))}
	if s.Subnet == 0 {
		i.Public = &linodego.PublicInterfaceCreateOptions{IPv4: &linodego.PublicInterfaceIPv4CreateOptions{
			Addresses: &[]linodego.PublicInterfaceIPv4AddressCreateOptions{{Address: new("auto"), Primary: new(true)}},
		}}
		return i
	}
	i.VPC = &linodego.VPCInterfaceCreateOptions{SubnetID: s.Subnet, IPv4: &linodego.VPCInterfaceIPv4CreateOptions{
		Addresses: &[]linodego.VPCInterfaceIPv4AddressCreateOptions{{Address: new("auto"), Primary: new(true), NAT1To1Address: new("auto")}},
	}}
	return i
}

// MakeBalancer makes a NodeBalancer with its ports and backends, all in one request, so that nothing is left half made.
func (c *Client) MakeBalancer(ctx context.Context, s BalancerSpec) (rental.Seen, error) {
	if err := s.check(); err != nil {
		return rental.Seen{}, err
	}
	opts := s.options()
	return made(ctx, c, rental.Balancer, s.Label, func(ctx context.Context) (*linodego.NodeBalancer, error) {
		return c.api.CreateNodeBalancer(ctx, opts)
	}, seenBalancer)
}

func (s BalancerSpec) options() linodego.NodeBalancerCreateOptions {
	opts := linodego.NodeBalancerCreateOptions{
		Label: &s.Label, Region: s.Region, Type: linodego.NodeBalancerPlanType(s.Class), FirewallID: s.Firewall, Tags: append([]string{}, s.Tags...),
		ClientConnThrottle: new(0), // left out, Linode may choose another
	}
	if s.Subnet != 0 {
		opts.VPCs = []linodego.NodeBalancerVPCOptions{{SubnetID: s.Subnet}}
	}
	for _, p := range s.Ports {
		opts.Configs = append(opts.Configs, p.options(s.Subnet))
	}
	return opts
}

func (p BalancerPort) options(subnet int) *linodego.NodeBalancerConfigCreateOptions {
	o := &linodego.NodeBalancerConfigCreateOptions{
		Port: p.Port, Protocol: linodego.ConfigProtocol(p.Protocol), ProxyProtocol: linodego.ConfigProxyProtocol(p.ProxyProtocol),
		Algorithm: linodego.ConfigAlgorithm(p.Algorithm), Stickiness: linodego.ConfigStickiness(p.Stickiness),
		Check: linodego.ConfigCheck(cmp.Or(p.Check, "none")), CheckPath: p.CheckPath,
		CheckInterval: p.CheckEvery, CheckTimeout: p.CheckWithin, CheckAttempts: p.CheckTries,
		CheckPassive: new(false), // on by default, it takes a backend out for any answer 5xx
		SSLCert:      p.Certificate, SSLKey: p.Key,
	}
	for _, b := range p.Backends {
		mode := linodego.ModeAccept
		if b.Spare {
			mode = linodego.ModeBackup
		}
		o.Nodes = append(o.Nodes, linodego.NodeBalancerNodeCreateOptions{
			Label: b.Label, Address: b.Address.String(), Weight: cmp.Or(b.Weight, 1), Mode: mode, SubnetID: subnet,
		})
	}
	return o
}
