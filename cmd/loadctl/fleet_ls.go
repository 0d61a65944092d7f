package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/reports/text"
)

func newFleetLs() *cobra.Command {
	var json, ended bool
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the fleets: age, price so far, expiry",
		Long: "Lists what this disk knows of fleets and, with LINODE_TOKEN, what Linode does: those of other machines and of a lost disk, too.\n" +
			"A fleet that is neither in use nor wanted is given back by `fleet down ID`; only that ends what it costs.\n\n" +
			"Exit codes: 0 listed, without a token what the disk knows; 1 not all that was asked for could be seen.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			fleets, err := fleetsOf(nil)
			if err != nil {
				return err
			}
			if fleets.Cloud == nil {
				fmt.Fprintln(c.ErrOrStderr(), "loadctl: LINODE_TOKEN is not set: this is what the disk of this machine knows; whether it is so still, Linode was not asked")
			}
			all, err := rented.List(c.Context(), fleets)
			if !ended {
				all = slices.DeleteFunc(all, isOver)
			}
			if told := tellFleets(c.OutOrStdout(), all, fleets.Cloud != nil && err == nil, json); err != nil || told != nil {
				return cannot(fmt.Errorf("listing the fleets: %w", errors.Join(err, told)), "")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&ended, "all", false, "with those that were given back, as far as this disk knows of them")
	c.Flags().BoolVar(&json, "json", false, "write JSON, for programs")
	return c
}

// isOver says that nothing is left of a fleet.
func isOver(s rented.Standing) bool { return !s.There && !s.Ended.IsZero() }

// tellFleets lists fleets. seen says whether Linode told of them: what is not listed may exist else.
func tellFleets(out io.Writer, all []rented.Standing, seen, json bool) error {
	if json {
		return text.Document(out, fleetsDocument(all, seen, time.Now()))
	}
	return listFleets(out, all, seen, time.Now())
}

func listFleets(out io.Writer, all []rented.Standing, seen bool, now time.Time) error {
	if len(all) == 0 {
		words := "no fleets: nothing is rented"
		if !seen {
			words = "no fleets are known to this disk; what there is at Linode is not known"
		}
		_, err := fmt.Fprintln(out, words)
		return err
	}
	var sum price.Bill
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fleet\tfor\tmachines\tage\tso far\tper hour\tpaid until\texpires\t")
	for _, s := range all {
		age := "-"
		if !s.Since.IsZero() {
			age = spanOf(now.Sub(s.Since))
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, orDash(s.For), s.Machines, age, s.Bill.Total, s.Bill.PerHour, orDash(momentOf(paidUntil(s.Bill), now)), expiryOf(s, now), stateOf(s))
		sum.Total, sum.PerHour, sum.Alive = sum.Total.Plus(s.Bill.Total), sum.PerHour.Plus(s.Bill.PerHour), sum.Alive+s.Bill.Alive
		sum.Unknown = append(sum.Unknown, s.Bill.Unknown...)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if !seen {
		_, err := fmt.Fprintln(out, "as this disk knows it; what there is at Linode is not known")
		return err
	}
	_, err := fmt.Fprintln(out, sum)
	return err
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func momentOf(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return clockOf(t, now)
}

func expiryOf(s rented.Standing, now time.Time) string {
	switch {
	case s.Expires.IsZero():
		return "not told"
	case s.Expires.Before(now):
		return "expired at " + clockOf(s.Expires, now)
	}
	return clockOf(s.Expires, now)
}

// stateOf is who knows of a fleet, and whether somebody uses it.
func stateOf(s rented.Standing) string {
	switch {
	case isOver(s):
		return "given back"
	case s.Busy:
		return "in use"
	case s.There && !s.Here:
		return "not of this disk"
	}
	return ""
}

// paidUntil is when the first of its hours is over, and another is begun; zero = not known, or nothing is left.
func paidUntil(b price.Bill) (first time.Time) {
	for _, i := range b.Items {
		if !i.PaidUntil.IsZero() && (first.IsZero() || i.PaidUntil.Before(first)) {
			first = i.PaidUntil
		}
	}
	return first
}

// A fleetRow is a fleet for programs. Dollars are exact, but for what Unknown tells.
type fleetRow struct {
	ID        string      `json:"id"`
	For       string      `json:"for,omitempty"`
	Machines  int         `json:"machines"`
	Since     time.Time   `json:"since,omitzero"`
	Expires   time.Time   `json:"expires,omitzero"`
	Expired   bool        `json:"expired"`
	PaidUntil time.Time   `json:"paid_until,omitzero"`
	SoFar     price.USD   `json:"so_far_usd"`
	PerHour   price.USD   `json:"per_hour_usd"`
	Unknown   []string    `json:"unknown,omitempty"` // in these sums
	Ended     time.Time   `json:"ended,omitzero"`    // when nothing was left
	Here      bool        `json:"here"`              // known on this disk
	There     bool        `json:"there"`             // seen at Linode
	Busy      bool        `json:"busy"`
	Resources []seenThing `json:"resources"`
}

type seenThing struct {
	Kind   string `json:"kind"`
	ID     int    `json:"id"`
	Label  string `json:"label"`
	Region string `json:"region,omitempty"`
	Type   string `json:"type,omitempty"`
	Status string `json:"status,omitempty"`
}

type fleetsAnswer struct {
	Schema string     `json:"schema"`
	At     time.Time  `json:"at"`
	Seen   bool       `json:"seen"` // Linode told of all; false = this is what the disk knows
	Fleets []fleetRow `json:"fleets"`
}

func fleetsDocument(all []rented.Standing, seen bool, now time.Time) fleetsAnswer {
	d := fleetsAnswer{Schema: "loadctl.fleets/v1", At: now.UTC().Truncate(time.Second), Seen: seen, Fleets: []fleetRow{}}
	for _, s := range all {
		d.Fleets = append(d.Fleets, fleetRow{ID: s.ID, For: s.For, Machines: s.Machines, Since: s.Since.UTC(), Expires: s.Expires.UTC(),
			Expired: !s.Expires.IsZero() && s.Expires.Before(now), PaidUntil: paidUntil(s.Bill), SoFar: s.Bill.Total, PerHour: s.Bill.PerHour,
			Unknown: s.Bill.Unknown, Ended: s.Ended, Here: s.Here, There: s.There, Busy: s.Busy, Resources: thingsOf(s)})
	}
	return d
}

func thingsOf(s rented.Standing) []seenThing {
	things := []seenThing{}
	for _, r := range s.Resources {
		things = append(things, seenThing{string(r.Kind), r.ID, r.Label, r.Region, r.Type, r.Status})
	}
	return things
}
