package price

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Choice is what each plan that was offered would take.
type Choice struct {
	Best   Sizing
	Others []Sizing // that hold the load too, cheapest first; those without a price last
	Not    []string // plans that do not, each with its reasons
}

// Cheapest sizes a load with each plan, and takes what costs least an hour; of two that cost the same the one with fewer
// machines. A plan whose price is not known in the region is taken only if no other holds the load.
func Cheapest(l Load, s Setup, plans []Plan, region string) (Choice, error) {
	if err := errors.Join(l.Validate(), s.Validate()); err != nil {
		return Choice{}, err
	}
	var c Choice
	var all []Sizing
	for _, p := range plans {
		z, err := Size(l, s, p, region)
		if err != nil {
			c.Not = append(c.Not, strings.Split(err.Error(), "\n")...)
			continue
		}
		all = append(all, z)
	}
	if len(all) == 0 {
		return Choice{}, none(c.Not)
	}
	slices.SortStableFunc(all, cheaper)
	c.Best, c.Others = all[0], all[1:]
	return c, nil
}

func none(why []string) error {
	if len(why) == 0 {
		return errors.New("no plan was offered to choose from: name one, or ask for the catalogue of the API")
	}
	return fmt.Errorf("none of the plans holds this load: offer larger ones, or ask for less:\n%s", strings.Join(why, "\n"))
}

func cheaper(a, b Sizing) int {
	switch {
	case a.Hourly.Known && !b.Hourly.Known:
		return -1
	case !a.Hourly.Known && b.Hourly.Known:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Hourly.USD, b.Hourly.USD), cmp.Compare(a.Machines, b.Machines), cmp.Compare(a.Plan.ID, b.Plan.ID))
}

// String is the sizing for people: what, then each limit with its arithmetic.
func (z Sizing) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", z.head(), z.decides())
	for _, l := range z.Limits {
		fmt.Fprintf(&b, "  %-12s %-12s %s\n", l.Name, many(l.Machines, "machine"), l.Sum)
	}
	for _, text := range slices.Concat(z.Unknown, z.Warnings) {
		fmt.Fprintf(&b, "  %s\n", text)
	}
	return b.String()
}

// head names machines and price.
func (z Sizing) head() string {
	price := "price unknown"
	if z.Hourly.Known {
		price = z.Hourly.USD.PerHour()
	}
	return fmt.Sprintf("%s × %s in %s, %s", thousands(int64(z.Machines)), z.Plan.ID, z.Region, price)
}

func (z Sizing) decides() string {
	switch {
	case strings.HasSuffix(z.By, "s"): // ports, files
		return z.By + " decide"
	case z.By != "":
		return z.By + " decides"
	case z.Machines > 1:
		return "so many were asked for at least; fewer would hold the load"
	}
	return "one machine holds the load"
}

// String is the choice for people.
func (c Choice) String() string {
	var b strings.Builder
	b.WriteString(c.Best.String())
	for _, z := range c.Others {
		fmt.Fprintf(&b, "or %s (%s)\n", z.head(), z.decides())
	}
	for _, text := range c.Not {
		fmt.Fprintf(&b, "not %s\n", text)
	}
	return b.String()
}
