package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator/capacity"
)

// capacityOptions are the flags of `loadctl capacity`.
type capacityOptions struct {
	runOptions // of its trials
	slo        []string
	precision  share
	budget     time.Duration
	over       string
	start, max amount
	rate, peak amount
	held       []int // connections
	resume     string
	outDir     string
	watch      string // --ui

	given map[string]bool // flags
	typed map[string]bool // of these, by the command line
}

const capacityLong = `Finds the highest load that holds the SLO: the file's own users at one steady load after another, near
the limit most of the time, until the interval about it is as narrow as --precision or --budget is spent.
The SLO is the file's slo:, or else its thresholds that count requests, or --slo in place of them.

A search is kept in a directory of its own beside those of runs. Ctrl-C ends the trial that is under way and
says how to go on; a search whose process was killed goes on in the same way. With --resume, a larger --budget
or another --precision goes on from the trials that such a search would have made too.

--over connections finds how many connections can be held open while the file's rate, or --rate, is asked for. Of a
file that only holds connections their heartbeats are what is asked; refused and dropped connections count, too.
--connections N holds N of them during a search for the rate; several, a,b,c, give the rate at each.

Exit codes: 0 a capacity was found, or all that could be asked held (≥), 1 could not be done, 2 usage or invalid
file, 3 unfinished, or the target was not the same all the time, 97 the generator was at its limit before anything
was known, 99 no load holds the SLO, 130 interrupted.`

const capacityExample = `  loadctl capacity scenarios/items.yaml
  loadctl capacity scenarios/items.yaml --slo 'response_time: p(99)<100ms' --slo 'failed: rate<0.1%' --precision 2% --budget 20m
  loadctl capacity scenarios/items.yaml --connections 1000,10000,50000
  loadctl capacity scenarios/items.yaml --over connections --rate 200/s --max 50000
  loadctl capacity scenarios/hold-50k.yaml --over connections
  loadctl capacity --resume runs/20260301-120000-abcd-capacity --budget 30m`

func newCapacity() *cobra.Command {
	o := capacityOptions{over: capacity.Rate}
	c := &cobra.Command{
		Use:     "capacity FILE",
		Short:   "Find how much load holds the SLO, with an interval",
		Long:    capacityLong,
		Example: capacityExample,
		Args: func(c *cobra.Command, args []string) error {
			if o.resume != "" && len(args) == 0 {
				return nil
			}
			return fileFor("capacity")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.given, o.typed = givenFlags(c), typedFlags(c)
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return findCapacity(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), file, o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *capacityOptions) flags(f *pflag.FlagSet) {
	o.loadOptions.flags(f)
	searchFlags(f, &o.runOptions, &o.watch, &o.outDir)
	o.precision = 0.03
	f.StringArrayVar(&o.slo, "slo", nil, "`limit` in place of the file's, such as \"response_time: p(99)<200ms\"")
	f.Var(&o.precision, "precision", "half the width of the interval that is narrow enough, as a share of the capacity")
	f.DurationVar(&o.budget, "budget", 0, "for all trials (default 10m, or 5m for each of several --connections)")
	f.Var(&o.start, "start", "first `load`, such as 50/s (default half the file's rate, or an eighth of its connections)")
	f.Var(&o.max, "max", "never ask for more than this `load` (default what a null run of this machine says)")
	f.StringVar(&o.over, "over", o.over, "what is raised: rate or connections")
	f.IntSliceVar(&o.held, "connections", nil, "held open during a search for the rate: `number`, or several for the rate at each")
	f.Var(&o.rate, "rate", "asked for with --over connections, such as 50/s (default the file's)")
	f.Var(&o.peak, "peak", "load of your busiest hour, such as 300/s: the room above it is told")
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals, choices and random values; each trial has its own, made of it")
	f.StringVar(&o.resume, "resume", "", "go on with the search in `directory`")
}

// findCapacity makes the search, or goes on with it, and tells what came of it.
func findCapacity(ctx context.Context, out, errw io.Writer, file string, o capacityOptions) error {
	if err := o.validate(file); err != nil {
		return err
	}
	controls := newControls(ctx)
	defer controls.close()
	c := &capacitySearch{capacityOptions: o, out: out, errw: errw, file: file}
	_, err := controls.unlessStopped(func() (*job, error) {
		err := c.open()
		return c.job, err
	})
	if err != nil {
		return err
	}
	c.job.controls = controls
	defer func() { _ = c.study.Close() }() // each line of it is on disk
	return c.job.onFleet(c.planned.budget(), func() error { return c.make(controls.early) })
}
