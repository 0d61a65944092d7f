package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/text"
)

func newDoctor() *cobra.Command {
	var o planningOptions
	c := &cobra.Command{
		Use:   "doctor [FILE]",
		Short: "Say what this machine can hold, whether a scenario fits, and which commands would make it fit",
		Long: "Reads limits of files, ports, queues, memory, CPU and control groups, and says of each whether it is fine and\n" +
			"why it matters. With FILE it does the arithmetic of `loadctl run` with the same flags. It changes nothing.\n\n" +
			"Exit codes: 0 it fits, 1 it does not, 2 usage or invalid file.",
		Example: "  loadctl doctor\n  loadctl doctor scenarios/hold-50k.yaml -e connections=500000",
		Args:    fileOrNone,
		RunE: func(c *cobra.Command, args []string) error {
			return doctor(c.Context(), c.OutOrStdout(), args, o)
		},
	}
	o.flags(c.Flags())
	return c
}

func fileOrNone(_ *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return usage(fmt.Errorf("want one scenario FILE or none, got %d arguments", len(args)), "for example: loadctl doctor scenarios/items.yaml")
}

func doctor(ctx context.Context, out io.Writer, files []string, o planningOptions) error {
	var asked *plan.Demand
	if len(files) > 0 {
		d, err := o.demand(ctx, files[0])
		if err != nil {
			return err
		}
		asked = &d
	}
	d := plan.Diagnose(machine.Facts(), asked)
	if err := showDiagnosis(out, d, o.json); err != nil {
		return cannot(err, "")
	}
	if !d.Fits {
		return ended(exitFailed)
	}
	return nil
}

func showDiagnosis(out io.Writer, d plan.Diagnosis, asJSON bool) error {
	if asJSON {
		return text.Document(out, d)
	}
	return text.Diagnosis(out, d, text.Options{Color: colorful(out, os.Getenv)})
}
