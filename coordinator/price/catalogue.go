package price

import "slices"

// A Catalogue is what can be rented, and for how much.
type Catalogue struct {
	Source    string // who told: "the Linode API", or "built in"
	Date      string // as of when: a month such as 2024-07, or a day; "" = not known
	Plans     []Plan
	Balancers []Balancer
	Transfers []Transfer
	Warnings  []string // what of it could not be read, and is unknown therefore
}

// A Plan is a size of machine. Figures that are 0 are not known, but for GPUs and Transfer.
type Plan struct {
	ID, Label  string
	Class      string // nanode, standard, dedicated, premium, highmem, gpu
	VCPUs      int
	GPUs       int
	Memory     int // MiB
	Disk       int // MiB
	NetworkOut int // Mbit/s
	Transfer   int // GB to public addresses that a month of it includes
	Tariff
}

// Shared says whether the cores of the plan also work for other customers, which shows in what is measured.
func (p Plan) Shared() bool { return p.Class == "nanode" || p.Class == "standard" }

// A Balancer is a class of NodeBalancer.
type Balancer struct {
	ID, Label string // of the price list: nodebalancer, nodebalancer-pr100
	Kind      string // the word for it where one is made: common, premium; "" = not known
	Limits
	Tariff
}

// A Transfer is the price of what is sent to public addresses: its Hourly is for a GB.
type Transfer struct {
	ID, Label string
	Tariff
}

// The two kinds of transfer. Distributed regions have a price of their own.
const (
	coreTransfer        = "network_transfer"
	distributedTransfer = "distributed_network_transfer"
)

// A Price is what an hour costs, and a month at most. The month may be unknown, or no longer be a limit: it is shown,
// and never reckoned with.
type Price struct{ Hourly, Monthly Amount }

// A Tariff is a price, and the regions where it is another.
type Tariff struct {
	Base    Price
	Regions []RegionPrice
}

// A RegionPrice replaces the base price in one region.
type RegionPrice struct {
	Region string
	Price
}

// In is the price in a region. One that the region has but does not tell is unknown, and not the base price.
func (t Tariff) In(region string) Price {
	for _, r := range t.Regions {
		if r.Region == region {
			return r.Price
		}
	}
	return t.Base
}

// Plan finds a plan by its id.
func (c Catalogue) Plan(id string) (Plan, bool) {
	return found(c.Plans, func(p Plan) bool { return p.ID == id })
}

// Balancer finds a class of NodeBalancer by its id in the price list, or by the word for it where one is made.
func (c Catalogue) Balancer(name string) (Balancer, bool) {
	return found(c.Balancers, func(b Balancer) bool { return name != "" && (b.ID == name || b.Kind == name) })
}

// Tariff finds the prices of a plan or of a class of NodeBalancer, and the GB that a month of it includes.
func (c Catalogue) Tariff(name string) (t Tariff, included int, ok bool) {
	if p, ok := c.Plan(name); ok {
		return p.Tariff, p.Transfer, true
	}
	b, ok := c.Balancer(name)
	return b.Tariff, 0, ok
}

// PerGB is the price of a GB to public addresses from a region.
func (c Catalogue) PerGB(region string, distributed bool) Amount {
	id := coreTransfer
	if distributed {
		id = distributedTransfer
	}
	t, _ := found(c.Transfers, func(t Transfer) bool { return t.ID == id })
	return t.In(region).Hourly
}

// String says where the prices are from.
func (c Catalogue) String() string {
	text := "prices: " + c.Source
	if c.Date != "" {
		text += ", of " + c.Date
	}
	return text
}

func found[T any](all []T, is func(T) bool) (one T, ok bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return one, false
}
