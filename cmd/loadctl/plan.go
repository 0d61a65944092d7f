package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/scenarios"
)

func newPlan() *cobra.Command {
	var o planningOptions
	var fleet string
	c := &cobra.Command{
		Use:   "plan FILE",
		Short: "Say what a scenario needs: agents, loops, memory, ports, source addresses, minutes; of a fleet dollars too",
		Long: "Computes what `loadctl run` with the same flags would start on this machine, and starts nothing.\n" +
			"With --fleet linode it speaks of the machines of the file's fleet: block: how many of which plan the load needs, how\n" +
			"agents are placed on them, what they cost, and whether max_cost_usd covers that; nothing is rented.\n\n" +
			"Exit codes: 0 it fits, 1 it does not, 2 usage or invalid file.",
		Example: "  loadctl plan scenarios/hold-50k.yaml\n  loadctl plan scenarios/hold-50k.yaml -e connections=500000 --json",
		Args:    fileFor("plan"),
		RunE: func(c *cobra.Command, args []string) error {
			switch fleet {
			case "":
				return planFile(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
			case scenarios.FleetLinode:
				return planFleet(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
			}
			return usage(fmt.Errorf("--fleet %s: what is planned is to be rented: say linode", fleet), "`loadctl fleet ls` tells of fleets that are up")
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&fleet, "fleet", "", "`linode` plans for the machines of the file's fleet: block")
	return c
}

func planFile(ctx context.Context, out, errw io.Writer, file string, o planningOptions) error {
	d, err := o.demand(ctx, file)
	if err != nil {
		return err
	}
	warn(errw, file, d.Scenario.Warnings)
	if len(d.To) == 0 { // its name was not found, so that nobody judged its address
		warn(errw, file, unlisted(d.Scenario))
	}
	if s, ok := shelfOf(d.Scenario, d.Wish, usualSetting()); ok {
		d.Ceiling = s.get(errw)
	}
	outline, err := plan.OutlineOf(d, []plan.Machine{machine.Local()})
	if err != nil {
		return cannot(err, "`loadctl doctor "+file+"` says what would make it fit")
	}
	if o.json {
		return text.Document(out, outline)
	}
	return text.Outline(out, outline)
}
