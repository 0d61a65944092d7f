package linode

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// An Account is what is asked before anything is rented.
type Account struct {
	Scopes     []string // of the token, as "linodes:read_write"; "*" is all
	Restricted bool     // the user sees only a part of the account, and may not set tags
	Interfaces string   // interfaces_for_new_linodes, in Linode's words; "" = not told
	Backups    bool     // every new instance gets backups, which cost extra
}

// Account asks for the facts of the account.
func (c *Client) Account(ctx context.Context) (a Account, err error) {
	x, err := c.observe(ctx, "look at the profile", func(ctx context.Context) error {
		p, err := c.api.GetProfile(ctx)
		if err == nil {
			a.Restricted = p.Restricted
		}
		return err
	})
	if err != nil {
		return Account{}, err
	}
	a.Scopes = strings.FieldsFunc(x.header.Get("X-OAuth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	err = c.do(ctx, "look at the settings of the account", func(ctx context.Context) error {
		s, err := c.api.GetAccountSettings(ctx)
		if err == nil {
			a.Interfaces, a.Backups = string(s.InterfacesForNewLinodes), s.BackupsEnabled
		}
		return err
	})
	return a, err
}

// Generation is the kind of interfaces for new instances: the older one, unless the account has only the newer.
func (a Account) Generation() Generation {
	if a.Interfaces == string(linodego.LinodeOnly) {
		return Linode
	}
	return Legacy
}

// Lacks are the scopes that the token would need to rent the kinds, and has not.
func (a Account) Lacks(kinds ...rental.Kind) (lacks []string) {
	need := []string{"account:read_only", "images:read_only"}
	for _, kind := range kinds {
		need = append(need, scopeOf(kind)+":read_write")
		if kind == rental.Network {
			need = append(need, "ips:read_only") // of Addresses
		}
	}
	for _, scope := range need {
		if !a.may(scope) && !slices.Contains(lacks, scope) {
			lacks = append(lacks, scope)
		}
	}
	return lacks
}

func scopeOf(kind rental.Kind) string {
	switch kind {
	case rental.Network:
		return "vpc"
	case rental.Firewall:
		return "firewall"
	case rental.Balancer:
		return "nodebalancers"
	}
	return "linodes" // placement groups too
}

func (a Account) may(scope string) bool {
	name, _, _ := strings.Cut(scope, ":")
	return slices.ContainsFunc(a.Scopes, func(has string) bool {
		return has == "*" || has == scope || has == name+":read_write" || has == name+":*"
	})
}

// A Region is a place to rent in.
type Region struct {
	ID, Label, Status string
	Capabilities      []string // in Linode's words, as "Metadata"
	MostInPlacement   int      // instances in a placement group; 0 = not told
}

// Has says whether the region has a capability.
func (r Region) Has(capability string) bool { return slices.Contains(r.Capabilities, capability) }

// What a region has to have; see Region.Has.
const (
	UserDataCapability  = linodego.CapabilityMetadata
	NetworkCapability   = linodego.CapabilityVPCs
	FirewallCapability  = linodego.CapabilityCloudFirewall
	PlacementCapability = linodego.CapabilityPlacementGroup
	BalancerCapability  = linodego.CapabilityNodeBalancers
	PremiumCapability   = linodego.CapabilityPremiumPlans
)

// Regions lists the regions.
func (c *Client) Regions(ctx context.Context) (regions []Region, err error) {
	err = c.do(ctx, "list the regions", func(ctx context.Context) error {
		all, err := c.api.ListRegions(ctx, &linodego.ListOptions{PageSize: mostPage})
		for _, r := range all {
			region := Region{ID: r.ID, Label: r.Label, Status: r.Status, Capabilities: r.Capabilities}
			if l := r.PlacementGroupLimits; l != nil {
				region.MostInPlacement = l.MaximumLinodesPerPG
			}
			regions = append(regions, region)
		}
		return err
	})
	return regions, err
}

// Available says of plans whether a region has machines left for them. It tells of select plans alone, such as
// premium ones: of others nothing is known.
func (c *Client) Available(ctx context.Context, region string) (map[string]bool, error) {
	plans := map[string]bool{}
	err := c.do(ctx, "see which plans are available in "+region, func(ctx context.Context) error {
		all, err := c.api.GetRegionAvailability(ctx, region)
		for _, a := range all {
			plans[a.Plan] = a.Available
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return plans, nil
}

// An Image is what an instance boots.
type Image struct {
	ID         string
	CloudInit  bool // reads user data
	Deprecated bool
}

// Image is one image. One that there is not is a failure of class Missing.
func (c *Client) Image(ctx context.Context, id string) (image Image, err error) {
	err = c.do(ctx, "look at the image "+id, func(ctx context.Context) error {
		i, err := c.api.GetImage(ctx, id)
		if err == nil {
			image = Image{ID: i.ID, CloudInit: slices.Contains(i.Capabilities, "cloud-init"), Deprecated: i.Deprecated}
		}
		return err
	})
	return image, err
}

// Prices are Linode's answers about prices, as they came, page by page: money is not read into floats here.
type Prices struct {
	Plans     [][]byte // GET linode/types
	Balancers [][]byte // GET nodebalancers/types
	Transfers [][]byte // GET network-transfer/prices
}

// Prices asks for all prices.
func (c *Client) Prices(ctx context.Context) (p Prices, err error) {
	for _, list := range []struct {
		name string
		into *[][]byte
		ask  func(context.Context, *linodego.ListOptions) error
	}{
		{"plans", &p.Plans, func(ctx context.Context, o *linodego.ListOptions) error { return second(c.api.ListTypes(ctx, o)) }},
		{"NodeBalancer classes", &p.Balancers, func(ctx context.Context, o *linodego.ListOptions) error {
			return second(c.api.ListNodeBalancerTypes(ctx, o))
		}},
		{"transfer prices", &p.Transfers, func(ctx context.Context, o *linodego.ListOptions) error {
			return second(c.api.ListNetworkTransferPrices(ctx, o))
		}},
	} {
		x, err := c.observe(ctx, fmt.Sprintf("list the %s", list.name), func(ctx context.Context) error {
			return list.ask(ctx, &linodego.ListOptions{PageSize: mostPage})
		})
		if err != nil {
			return Prices{}, err
		}
		*list.into = x.good
	}
	return p, nil
}

func second[T any](_ T, err error) error { return err }
