package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/scenarios"
)

func newDoctor() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor [FILE]",
		Short: "Say what this machine can hold, whether a scenario fits, and which commands would make it fit",
		Long: "Reads limits of files, ports, queues, memory, CPU and control groups, and says of each whether it is fine and\n" +
			"why it matters. With FILE it does the arithmetic of `loadctl run` with the same flags. It changes nothing.\n\n" +
			"With --null it makes the file's requests at a null target, in processes of this machine alone: how many of them\n" +
			"it makes a second (headroom), and what it adds to a response time. What is found is kept, for `plan` and `run` too.\n\n" +
			"Exit codes: 0 it fits, 1 it does not or was not measured, 2 usage or invalid file, 130 interrupted.",
		Example: "  loadctl doctor\n  loadctl doctor scenarios/hold-50k.yaml -e connections=500000\n  loadctl doctor --null scenarios/items.yaml",
		Args:    fileOrNone,
		RunE: func(c *cobra.Command, args []string) error {
			return doctor(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	o.flags(c.Flags())
	return c
}

// doctorOptions are the flags of doctor.
type doctorOptions struct {
	planningOptions
	null, fresh bool
	trial       time.Duration
}

func (o *doctorOptions) flags(f *pflag.FlagSet) {
	o.planningOptions.flags(f)
	f.BoolVar(&o.null, "null", false, "measure what this machine makes of the file's requests, unless it was: half a minute")
	f.BoolVar(&o.fresh, "fresh", false, "with --null: measure again")
	f.DurationVar(&o.trial, "trial", plan.TrialLength, "with --null: how long each of its trials is")
	_ = f.MarkHidden("trial")
}

// validate says what is wrong with the flags of null runs.
func (o *doctorOptions) validate() error {
	switch {
	case o.fresh && !o.null:
		return usage(errors.New("--fresh is for --null: without it nothing is measured"), "")
	case o.trial < 50*time.Millisecond || o.trial > time.Minute:
		return usage(fmt.Errorf("--trial must be from 50ms to 1m, got %s", o.trial), "")
	}
	return nil
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

func doctor(ctx context.Context, out, errw io.Writer, files []string, o doctorOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	var asked *plan.Demand
	if len(files) > 0 {
		d, err := o.demand(ctx, files[0])
		if err != nil {
			return err
		}
		if d.Ceiling, err = o.ceiling(ctx, errw, files[0], d); err != nil {
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

// ceiling is what is known of this machine for a demand, or is measured now. Of one that
// does not fit nothing is: doctor says why.
func (o *doctorOptions) ceiling(ctx context.Context, errw io.Writer, file string, d plan.Demand) (*plan.Ceiling, error) {
	if o.null && !d.Scenario.Asks() {
		return nil, usage(fmt.Errorf("--null: %s sends no requests, so that there is nothing to measure", file), "")
	}
	s, ok := shelfOf(d.Scenario, d.Wish, usualSetting())
	if !ok {
		return nil, nil
	}
	known := s.get(errw)
	if !o.null || known != nil && !o.fresh {
		return known, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, cannot(fmt.Errorf("finding this program: %w", err), "")
	}
	n := nullRun{file: file, exe: exe, scenario: d.Scenario, place: s.place, length: o.trial, errw: errw,
		options: scenarios.Options{Vars: d.Scenario.Replaced, BaseURL: o.target}}
	found, err := n.measure(ctx)
	if err != nil {
		return nil, err
	}
	s.put(errw, found)
	return &found, nil
}

func showDiagnosis(out io.Writer, d plan.Diagnosis, asJSON bool) error {
	if asJSON {
		return text.Document(out, d)
	}
	return text.Diagnosis(out, d, text.Options{Color: colorful(out, os.Getenv)})
}
