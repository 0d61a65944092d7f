package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/scenarios"
)

// A Sized is a fleet whose plan and counts are all told, and why they are what they are.
type Sized struct {
	Fleet scenarios.Fleet
	Sought
	price.Choice
	Warnings []string // what the file says is less than the load needs, or its plan is a bad one
}

// FleetFor fills a fleet: the plan that holds the demand for the least money an hour, if the file names none, and as many
// machines as it takes in the regions that have no count. What the file says is kept, even where the load needs more: a
// warning says so. An error tells why no plan that was offered holds it.
func FleetFor(d Demand, f scenarios.Fleet, c price.Catalogue) (Sized, error) {
	if len(f.Regions) == 0 {
		return Sized{}, errors.New("fleet: it names no region")
	}
	plans, err := offered(f, c)
	if err != nil {
		return Sized{}, err
	}
	z := Sized{Fleet: f, Sought: LoadOf(d, f.Sysctl)}
	counted, open := countsOf(f)
	z.Setup.Least = counted + open
	if z.Choice, err = price.Cheapest(z.Load, z.Setup, plans, f.Regions[0].Region); err != nil {
		return Sized{}, fmt.Errorf("fleet: %w", err)
	}
	if open == 0 {
		z.within(counted)
	}
	z.fill(z.Best.Machines-counted, open)
	z.warn(counted, open)
	return z, nil
}

// offered are the plans to choose from: that of the file, or all whose cores and graphics nobody else pays for.
func offered(f scenarios.Fleet, c price.Catalogue) ([]price.Plan, error) {
	if f.Type != "" {
		p, is := c.Plan(f.Type)
		if !is {
			return nil, fmt.Errorf("fleet.type: there is no plan %q in the catalogue (%s): name another, or leave it out to have one chosen", f.Type, c)
		}
		return []price.Plan{p}, nil
	}
	return slices.DeleteFunc(slices.Clone(c.Plans), func(p price.Plan) bool { return p.Class != "dedicated" && p.Class != "premium" }), nil
}

// countsOf is how many machines are told, and in how many regions they are not.
func countsOf(f scenarios.Fleet) (counted, open int) {
	for _, r := range f.Regions {
		if r.Count == 0 {
			open++
		}
		counted += r.Count
	}
	return counted, open
}

// within takes the cheapest plan of which so many machines are enough, if there is one.
func (z *Sized) within(counted int) {
	all := append([]price.Sizing{z.Best}, z.Others...)
	i := slices.IndexFunc(all, func(s price.Sizing) bool { return s.Machines <= counted })
	if i > 0 {
		z.Best, z.Others = all[i], slices.Delete(all, i, i+1)
	}
}

// fill deals the machines that are left to the regions that have no count, evenly.
func (z *Sized) fill(rest, open int) {
	z.Fleet.Type = z.Best.Plan.ID
	z.Fleet.Regions = slices.Clone(z.Fleet.Regions)
	for i := range z.Fleet.Regions {
		if r := &z.Fleet.Regions[i]; r.Count == 0 {
			r.Count = ceilDiv(rest, open)
			rest, open = rest-r.Count, open-1
		}
	}
}

func (z *Sized) warn(counted, open int) {
	if open == 0 && z.Best.Machines > counted {
		z.Warnings = append(z.Warnings, fmt.Sprintf("the file asks for %s of %s, and its load needs %d, by %s: %s", times(counted, "machine"),
			z.Best.Plan.ID, z.Best.Machines, z.Best.By, z.limit(z.Best.By)))
	}
	z.Warnings = append(z.Warnings, z.Best.Warnings...)
}

func (z *Sized) limit(name string) string {
	i := slices.IndexFunc(z.Best.Limits, func(l price.Limit) bool { return l.Name == name })
	if i < 0 {
		return ""
	}
	return z.Best.Limits[i].Sum
}

// String is the sizing for people: the fleet, each limit with its arithmetic, where the figures are from, what is not known,
// and the next cheapest.
func (z Sized) String() string {
	var b strings.Builder
	b.WriteString(z.told().String())
	for _, text := range slices.Concat(z.From, prefixed("not known: ", z.Unknown)) {
		fmt.Fprintf(&b, "  %s\n", text)
	}
	if len(z.Others) > 0 {
		fmt.Fprintf(&b, "  next: %s\n", strings.SplitN(z.Others[0].String(), "\n", 2)[0])
	}
	return b.String()
}

// told is the choice for people: where one price is that of all regions, or the sum of theirs, all are named.
func (z Sized) told() price.Sizing {
	s, all := z.Best, price.Exactly(0)
	var names []string
	machines := 0
	for _, r := range z.Fleet.Regions {
		each := s.Plan.In(r.Region).Hourly
		all.USD += each.USD.Times(r.Count)
		all.Known = all.Known && each.Known
		machines += r.Count
		names = append(names, r.Region)
	}
	if machines == s.Machines {
		s.Region, s.Hourly = strings.Join(names, " and "), all
	}
	return s
}

func prefixed(with string, all []string) (out []string) {
	for _, text := range all {
		out = append(out, with+text)
	}
	return out
}
