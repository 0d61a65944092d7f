package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/reports/text"
)

func newFleetPrice() *cobra.Command {
	var w fleetWish
	var json bool
	c := &cobra.Command{
		Use:   "price FILE",
		Short: "Say what the fleet of a scenario would cost: an hour, the minimum, as planned, the worst case",
		Long: "Reckons what `fleet up` or `run --fleet linode` would rent; nothing is rented. With LINODE_TOKEN prices are those that the API tells\n" +
			"now, without they are built in and of the day that is named. Transfer is in the sums as far as it is known.\n\n" +
			"Exit codes: 0 it may be rented, 1 max_cost_usd does not cover the worst case, 2 usage or invalid file.",
		Args: fileFor("fleet price"),
		RunE: func(c *cobra.Command, args []string) error {
			w.given = givenFlags(c)
			p, err := pricedFor(c.Context(), c.ErrOrStderr(), args[0], &w)
			if err != nil {
				return err
			}
			return p.tell(c.OutOrStdout(), json)
		},
	}
	w.flags(c.Flags())
	c.Flags().BoolVar(&json, "json", false, "write JSON, for programs")
	return c
}

// A priced is a fleet with what it would cost.
type priced struct {
	spec     rented.Spec
	estimate price.Estimate
	warnings []string
	budget   error // what max_cost_usd says against it
}

func pricedFor(ctx context.Context, errw io.Writer, file string, w *fleetWish) (*priced, error) {
	all, err := w.wanted(ctx, errw, file, false)
	if err != nil {
		return nil, err
	}
	all.planned = all.scenario.PlannedDuration()
	fleets, err := fleetsOf(nil)
	if err != nil {
		return nil, err
	}
	return pricedBy((&renting{fleets: fleets, errw: errw}).catalogue(ctx), all)
}

// pricedBy sizes a fleet, and says what it costs.
func pricedBy(c price.Catalogue, w *wanted) (*priced, error) {
	if err := w.size(c); err != nil {
		return nil, err
	}
	s, err := w.spec()
	if err != nil {
		return nil, err
	}
	e, err := c.Estimate(s.Order())
	if err != nil {
		return nil, usage(err, "")
	}
	p := &priced{spec: s, estimate: e, warnings: w.warnings(s.Private)}
	if s.MaxCost > 0 {
		p.budget = e.Within(s.MaxCost)
	}
	return p, nil
}

// catalogue is what the API tells now; without a token, and where it does not answer, what is built in.
func (r *renting) catalogue(ctx context.Context) price.Catalogue {
	if r.fleets.Cloud == nil {
		return price.Builtin()
	}
	p, err := r.fleets.Cloud.Prices(ctx)
	if err == nil {
		var live price.Catalogue
		if live, err = price.Decode("the Linode API", time.Now().UTC().Format(time.DateOnly), price.Bodies(p)); err == nil {
			return live
		}
	}
	if ctx.Err() == nil {
		fmt.Fprintf(r.errw, "loadctl: warning: prices of the API: %v; those built in are used\n", err)
	}
	return price.Builtin()
}

// tell says what it costs, and whether it may.
func (p *priced) tell(out io.Writer, json bool) error {
	if json {
		return p.refused(text.Document(out, p.document()), true)
	}
	return p.refused(p.write(out), false)
}

// refused is the end of a command that has told a price: what max_cost_usd says against it was told where that is a document.
func (p *priced) refused(err error, told bool) error {
	switch {
	case err != nil:
		return cannot(err, "")
	case p.budget != nil && told:
		return ended(exitFailed)
	case p.budget != nil:
		return cannot(p.budget, "nothing would be rented")
	}
	return nil
}

func (p *priced) write(out io.Writer) error {
	o := rented.Offer{Estimate: p.estimate, Warnings: p.warnings}
	s := p.spec
	if p.budget != nil {
		s.MaxCost = 0 // which does not cover it
	}
	tellOffer(out, s, o)
	return nil
}

// A priceDocument is the same for programs. Dollars are exact.
type priceDocument struct {
	Schema    string      `json:"schema"`
	For       string      `json:"for"`
	Prices    string      `json:"prices"`
	PlannedS  float64     `json:"planned_s"`
	TTLS      float64     `json:"ttl_s"`
	Resources []priceLine `json:"resources"`
	PerHour   price.USD   `json:"per_hour_usd"`
	Minimum   price.USD   `json:"minimum_usd"`
	Planned   price.USD   `json:"planned_usd"`
	Worst     price.USD   `json:"worst_usd"`
	MaxCost   *price.USD  `json:"max_cost_usd,omitempty"`
	Refused   string      `json:"refused,omitempty"` // what max_cost_usd says against it
	Warnings  []string    `json:"warnings,omitempty"`
	Missing   []string    `json:"missing,omitempty"` // in these sums
}

type priceLine struct {
	Role   string       `json:"role"`
	Type   string       `json:"type"`
	Region string       `json:"region"`
	Count  int          `json:"count"`
	Hourly price.Amount `json:"hourly_usd"` // of each; null = not known
}

func (p *priced) document() priceDocument {
	e := p.estimate
	d := priceDocument{Schema: "loadctl.fleet-price/v1", For: p.spec.For, Prices: e.Prices, PlannedS: e.Order.Planned.Seconds(), TTLS: e.TTL.Seconds(),
		PerHour: e.PerHour, Minimum: e.Minimum, Planned: e.AsPlan, Worst: e.Worst, Warnings: p.warnings, Missing: e.Missing()}
	for _, l := range e.Lines {
		d.Resources = append(d.Resources, priceLine{l.Role, l.Type, l.Region, l.Count, l.Hourly})
	}
	if p.spec.MaxCost > 0 {
		d.MaxCost = &p.spec.MaxCost
	}
	if p.budget != nil {
		d.Refused = p.budget.Error()
	}
	return d
}
