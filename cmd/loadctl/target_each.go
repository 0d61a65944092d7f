package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target/admin"
)

func (w *whichTarget) allFlag(f *pflag.FlagSet) {
	f.BoolVar(&w.all, "all", false, "every target that runs here, such as the nodes of a topology, one after the other")
}

// each asks the target that is meant, or with --all one after the other, and tells what
// came of it. The first that cannot is the last that is asked.
func (w *whichTarget) each(c *cobra.Command, what func(context.Context, admin.Client) (string, error)) error {
	if !w.all {
		return w.one(c, "", what)
	}
	if w.pid != 0 || c.Flags().Changed("admin") {
		return usage(errors.New("--all means every target that runs here"), "leave --pid and --admin out")
	}
	places, err := admin.Places(placesFolder())
	if err != nil {
		return cannot(err, "")
	}
	if len(places) == 0 {
		return nothingRuns()
	}
	for _, p := range places {
		one := whichTarget{pid: p.PID}
		if err := one.one(c, fmt.Sprintf("%d: ", p.PID), what); err != nil {
			return err
		}
	}
	return nil
}

func (w *whichTarget) one(c *cobra.Command, before string, what func(context.Context, admin.Client) (string, error)) error {
	return w.ask(c.Context(), func(ctx context.Context, api admin.Client) error {
		told, err := what(ctx, api)
		if err == nil {
			fmt.Fprintln(c.OutOrStdout(), before+told)
		}
		return err
	})
}

func nothingRuns() error {
	return cannot(errors.New("no target runs here"), "start one with `loadctl target serve`, or name it by --admin URL and "+tokenVariable)
}
