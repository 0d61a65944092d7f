package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/rental"
)

func newFleetDown() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "down ID…",
		Short: "Give fleets back: delete all that is theirs, and see that it is gone",
		Long: "Gives fleets back, by their journal or, where that is lost, by their labels and tags: the token alone is needed. It deletes what bears\n" +
			"both marks of the fleet, the prefix of its label and its tag, and nothing else. What it could not delete is told with its price.\n\n" +
			"Exit codes: 0 nothing is left, 1 something is, 2 usage, 130 interrupted.",
		Example: "  loadctl fleet down abcd2345\n  loadctl fleet down --all",
		RunE: func(c *cobra.Command, ids []string) error {
			fleets, err := theCloud(sayer(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			if ids, err = whichFleets(c.Context(), fleets, ids, all); err != nil {
				return err
			}
			controls := newControls(c.Context())
			defer controls.close()
			controls.untilUnread()
			r := &renting{fleets, controls, c.ErrOrStderr()}
			return r.downAll(ids)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "every fleet that was rented from this machine")
	return c
}

// whichFleets are the fleets that are meant.
func whichFleets(ctx context.Context, fleets rented.Config, ids []string, all bool) ([]string, error) {
	if len(ids) > 0 && all {
		return nil, usage(errors.New("--all and IDs: say one of them"), "")
	}
	if len(ids) > 0 {
		return ids, nil
	}
	known, err := rented.List(ctx, fleets)
	switch {
	case err != nil && !all:
		return nil, cannot(fmt.Errorf("listing the fleets: %w", err), "")
	case err != nil && fleets.Say != nil: // what is known is given back all the same
		fleets.Say(fmt.Sprintf("listing the fleets: %v", err))
	}
	for _, s := range known {
		if s.Here && !isOver(s) {
			ids = append(ids, s.ID)
		}
	}
	if !all {
		return nil, usage(fmt.Errorf("want the ID of a fleet; rented from this machine: %s", orNone(ids)), "`loadctl fleet ls` lists all, `loadctl fleet down --all` gives back those of this machine")
	}
	return ids, nil
}

func orNone(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return fmt.Sprint(ids)
}

// downAll gives fleets back one after another, and goes on where one is not given back, unless somebody interrupts.
func (r *renting) downAll(ids []string) error {
	if len(ids) == 0 {
		fmt.Fprintln(r.errw, "loadctl: no fleets: nothing was rented from this machine")
	}
	worst := exitHeld
	for _, id := range ids {
		err := r.down(id, func(ctx context.Context) (rented.Account, error) { return rented.Down(ctx, r.fleets, id) })
		if err != nil {
			printError(r.errw, err)
		}
		if worst = weightiest(worst, exitCode(err)); worst == exitInterrupted {
			break
		}
	}
	return ended(worst)
}

func newFleetReap() *cobra.Command {
	return &cobra.Command{
		Use:   "reap",
		Short: "Give back every fleet whose time is over, whoever rented it: for cron and CI",
		Long: "Gives back all fleets whose ttl is over, by what their tags say; no file of theirs is needed, and those that are not over, or are in\n" +
			"use on this machine, are not touched. What bears one mark of loadctl and not the other is told and left alone.\n\n" +
			"Exit codes: 0 nothing that expired is left, 1 something is or could not be seen, 2 usage.",
		Example: "  */15 * * * *  LINODE_TOKEN=… loadctl fleet reap",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			fleets, err := theCloud(sayer(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			unheard := make(chan os.Signal, 1) // who reads this may go before all is given back
			signal.Notify(unheard, syscall.SIGPIPE)
			defer signal.Stop(unheard)
			return reap(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), fleets)
		},
	}
}

func reap(ctx context.Context, out, errw io.Writer, fleets rented.Config) error {
	r, err := rented.Reap(ctx, fleets)
	left := tellReaped(out, errw, r)
	if err == nil && left > 0 {
		err = fmt.Errorf("%s not given back", countOf(left, "fleet was", "fleets were"))
	}
	if err != nil {
		return cannot(fmt.Errorf("reaping: %w", err), "what is left is billed: run it again, and see `loadctl fleet ls`")
	}
	return nil
}

// fleetOf is the fleet that an account is of, by the labels of what it had.
func fleetOf(a rented.Account) string {
	for _, i := range a.Bill.Items {
		if name, ok := rental.ParseLabel(i.Name); ok {
			return name.Run
		}
	}
	return "without machines"
}

// tellReaped says what was given back, and counts what was not.
func tellReaped(out, errw io.Writer, r rented.Reaped) (left int) {
	for _, a := range r.Gone {
		if !a.Clean() {
			left++
		}
		fmt.Fprintf(out, "fleet %s: %s\n", fleetOf(a), a.Bill)
		for _, l := range a.Left {
			fmt.Fprintln(out, "  left:", l)
		}
	}
	for _, b := range r.Broken {
		fmt.Fprintln(errw, "loadctl: left alone:", b)
	}
	fmt.Fprintf(out, "%s given back, %s not over\n", countOf(len(r.Gone)-left, "fleet was", "fleets were"), countOf(len(r.Live), "is", "are"))
	return left
}
