package scenarios

import (
	"net/netip"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
)

// A Fleet is the rented machines that a file's load is to come from, when it is run by --fleet.
type Fleet struct {
	Provider string // linode
	Type     string // plan of the machines; "" = to be chosen by what the load needs
	Image    string
	Regions  []FleetRegion // at least one
	TTL      time.Duration // after it anybody may give the machines back
	MaxCost  price.USD     // 0 = any
	Private  bool          // machines of a region share a network, in which the target may be
	From     []netip.Prefix
	Sysctl   map[string]string
}

// A FleetRegion is so many machines in one place.
type FleetRegion struct {
	Region string
	Count  int // 0 = as many as the load needs
}
