package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// fileOrNone wants a scenario where flags speak of one. Those of the environment may be
// meant for other commands: they are not set yet.
func fileOrNone(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return withoutFile(c.Flags())
	}
	if len(args) == 1 {
		return nil
	}
	return usage(fmt.Errorf("want one scenario FILE or none, got %d arguments", len(args)), "for example: loadctl doctor scenarios/items.yaml")
}

// withoutFile refuses flags that say how a scenario is to be run.
func withoutFile(flags *pflag.FlagSet) error {
	var given []string
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != "json" {
			given = append(given, "--"+f.Name)
		}
	})
	if len(given) == 0 {
		return nil
	}
	return usage(fmt.Errorf("without a scenario FILE there is nothing that %s could change", strings.Join(given, ", ")),
		"name the file: loadctl doctor scenarios/items.yaml, or leave the flags out")
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
