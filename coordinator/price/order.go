package price

import (
	"errors"
	"fmt"
	"time"
)

// An Order is what would be rented, and for how long.
type Order struct {
	Resources []Resource
	Planned   time.Duration // from the first resource to the last deletion
	TTL       time.Duration // after which everything is deleted, whatever happened; 0 = never
}

// A Resource is some machines or NodeBalancers of a kind. What costs nothing (VPC, firewall, placement group) is left out.
type Resource struct {
	Role        string // what for, as shown to people: agents
	Type        string // plan, or class of NodeBalancer
	Region      string
	Distributed bool // the region is a distributed one (site_type), where transfer has its own price
	Count       int
	Egress      int64 // bytes a second that each sends to public addresses while the load lasts
}

// Validate tells all that is wrong at once.
func (o Order) Validate() error {
	var errs []error
	if len(o.Resources) == 0 {
		errs = append(errs, errors.New("resources: there are none: name at least one"))
	}
	for i, r := range o.Resources {
		for _, err := range r.wrong() {
			errs = append(errs, fmt.Errorf("resources[%d].%w", i, err))
		}
	}
	if o.Planned <= 0 {
		errs = append(errs, fmt.Errorf("planned: must be > 0, got %s", o.Planned))
	}
	switch {
	case o.TTL < 0:
		errs = append(errs, fmt.Errorf("ttl: must be >= 0, got %s", o.TTL))
	case o.TTL > 0 && o.TTL < o.Planned:
		errs = append(errs, fmt.Errorf("ttl: %s is shorter than the planned %s: everything would be deleted under the load; raise it", span(o.TTL), span(o.Planned)))
	}
	return errors.Join(errs...)
}

func (r Resource) wrong() (errs []error) {
	if r.Type == "" {
		errs = append(errs, errors.New("type: must name a plan, such as g6-dedicated-4, or a class of NodeBalancer"))
	}
	if r.Region == "" {
		errs = append(errs, errors.New("region: must name one of Linode's, such as us-ord"))
	}
	if r.Count <= 0 {
		errs = append(errs, fmt.Errorf("count: must be > 0, got %d", r.Count))
	}
	if r.Egress < 0 {
		errs = append(errs, fmt.Errorf("egress: must be >= 0, got %d bytes a second", r.Egress))
	}
	return errs
}
