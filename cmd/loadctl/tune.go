package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// tuneOptions are the flags of `loadctl tune`.
type tuneOptions struct {
	runOptions // of its trials
	admin      string
	budget     time.Duration
	resume     string
	outDir     string
	watch      string // --ui
	dry        bool

	given map[string]bool // flags
	typed map[string]bool // of these, by the command line
}

const tuneLong = `Finds which settings of a service hold most: those that a tuning file names are put in force one after the
other and loaded beside the setting in force now, most are given up early, and the last ones meet it again and
again. Recommended is the cheapest that is not worse than the best by more than 2 %, if it beats the setting in
force by more than 2 %, and does so after a fresh start, too. Else nothing is to be changed. docs/tuning.md says
what a tuning file has.

What was in force is put back at the end, after an error and after Ctrl-C. After kill -9 it is put back when the
same target is tuned the next time. --resume goes on after either.

Exit codes: 0 a better setting, or none; 1 could not be done, or what was in force could not be put back; 2 usage
or invalid file; 3 unfinished; 97 no trial was valid, as the generator was at its limit; 99 no setting holds the load
(goal: cheapest); 130 interrupted.`

const tuneExample = `  loadctl tune tuning/queue.yaml --dry-run
  loadctl tune tuning/items.yaml --budget 30m
  loadctl tune --resume runs/20260301-120000-abcd-tune`

func newTune() *cobra.Command {
	var o tuneOptions
	c := &cobra.Command{
		Use:     "tune FILE",
		Short:   "Find which settings hold most, or hold a load for least",
		Long:    tuneLong,
		Example: tuneExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 || o.resume != "" && len(args) == 0 {
				return nil
			}
			return usage(fmt.Errorf("want one tuning FILE, got %d arguments", len(args)), "for example: loadctl tune tuning/items.yaml")
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.given, o.typed = givenFlags(c), typedFlags(c)
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return tuneFile(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), file, o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *tuneOptions) flags(f *pflag.FlagSet) {
	o.loadOptions.flags(f)
	searchFlags(f, &o.runOptions, &o.watch, &o.outDir)
	f.BoolVar(&o.dry, "dry-run", false, "tell what would be tried and what the hooks would do, and do nothing")
	f.StringVar(&o.admin, "admin", "", "`URL` of the bundled target's admin API, for hooks of it (default the file's, or the one target that runs here)")
	f.DurationVar(&o.budget, "budget", 0, "for all trials, in place of the file's")
	f.Uint64Var(&o.seed, "seed", 1, "of orders, arrivals and random values, in place of the file's; each trial has its own, made of it")
	f.StringVar(&o.resume, "resume", "", "go on with the tuning in `directory`")
}

// tuneResumable are the flags that may be given to go on with a tuning.
var tuneResumable = []string{"resume", "budget", "ui", "out", "runs", "admin", "var", "target-token", "i-am-authorised", "fleet", "yes", "help"}

// validate says all that is wrong with the flags, by themselves and together.
func (o *tuneOptions) validate() error {
	var wrong []error
	is := func(bad bool, format string, a ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, a...))
		}
	}
	is(!slices.Contains([]string{"plain", "json", "none"}, o.watch), "--ui %s: not one of plain, json, none", o.watch)
	is(o.given["budget"] && o.budget < leastSearch, "--budget must be at least %s, got %s", leastSearch, o.budget)
	is(o.agents < 0 || o.loops < 0, "--agents and --loops must not be negative, got %d and %d", o.agents, o.loops)
	is(o.dry && o.resume != "", "--dry-run is of a tuning that begins: leave --resume out")
	if o.resume != "" {
		wrong = append(wrong, begunWith(o.typed, tuneResumable)...)
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "see `loadctl tune --help`")
	}
	return nil
}

// tuneFile makes the tuning, or goes on with it, and tells what came of it.
func tuneFile(ctx context.Context, out, errw io.Writer, file string, o tuneOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	controls := newControls(ctx)
	defer controls.close()
	controls.untilUnread()
	t := &tuner{tuneOptions: o, out: out, errw: errw, file: file}
	_, err := controls.unlessStopped(func() (*job, error) {
		err := t.read()
		return t.job, err
	})
	switch {
	case err != nil:
		return err
	case o.dry:
		return t.tellPlan()
	}
	t.job.controls = controls
	return t.job.onFleet(t.lives(), func() error { return t.make(controls.early) })
}
