package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/text"
)

func newPlan() *cobra.Command {
	var o planningOptions
	c := &cobra.Command{
		Use:   "plan FILE",
		Short: "Say what a scenario needs: agents, loops, memory, ports, source addresses, minutes",
		Long: "Computes what `loadctl run` with the same flags would start on this machine, and starts nothing.\n\n" +
			"Exit codes: 0 it fits, 1 it does not, 2 usage or invalid file.",
		Example: "  loadctl plan scenarios/hold-50k.yaml\n  loadctl plan scenarios/hold-50k.yaml -e connections=500000 --json",
		Args:    fileFor("plan"),
		RunE: func(c *cobra.Command, args []string) error {
			return planFile(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	o.flags(c.Flags())
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
