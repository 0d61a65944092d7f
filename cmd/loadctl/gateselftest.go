package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/selftest"
	"github.com/loadctl/loadctl/coordinator/sides"
)

// selftestOptions are the flags of `loadctl gate selftest`.
type selftestOptions struct {
	aa, virtual int
	inject      []float64
	noise       share
	full        bool
	seed        uint64
	runs        string
	trial       time.Duration

	target               string // of an own service; the rest is of its gates
	capacity             float64
	margin               share
	searchBudget, budget time.Duration

	given map[string]bool // flags
}

const selftestLong = `Measures the gate itself on queues whose truth is known. First in virtual time, then live on this machine:
the service against itself, where every regression is a false alarm, and against itself slowed by --inject
per cent, where every pass is a miss. Counts are told with their 95 % intervals: no alarm among 60 gates means
at most 6 %. Of the live ones each takes a few minutes; Ctrl-C ends it with what is counted by then.

With FILE and --target it is a service of your own that is compared with itself, by response times, --aa times (at
least once): how often the gate cries wolf there, and by how much its figures differ from trial to trial. A --margin
that is within this is refused with exit code 2: a gate with it would not pass what did not change.

Exit codes: 0 counted; 2 usage, or a margin that is too small; of an own service also 98 it was called worse than itself,
3 too few pairs to tell, 97 no gate said anything, 1 it could not be tried; 130 interrupted.`

func newGateSelftest() *cobra.Command {
	var o selftestOptions
	c := &cobra.Command{
		Use:   "selftest [FILE --target SIDE]",
		Short: "How often does the gate cry wolf here, and what does it find?",
		Long:  selftestLong,
		Example: "  loadctl gate selftest                     # in virtual time alone\n  loadctl gate selftest --aa 20 --inject 5,10\n" +
			"  loadctl gate selftest scenarios/items.yaml --target http://10.0.0.1:8080 --capacity 740 --margin 5%",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.given = typedFlags(c)
			if len(args) == 1 || o.target != "" {
				return runOwnSelftest(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
			}
			return runSelftest(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *selftestOptions) flags(f *pflag.FlagSet) {
	o.noise, o.margin = 0.01, 0.05
	f.IntVar(&o.aa, "aa", 0, "live gates of each kind")
	f.IntVar(&o.virtual, "virtual", 200, "gates of each kind in virtual time")
	f.Float64SliceVar(&o.inject, "inject", []float64{5, 10}, "by how many per cent the candidate is slowed")
	f.Var(&o.noise, "noise", "of the service's speed from trial to trial, in virtual time")
	f.BoolVar(&o.full, "full", false, "with the pairs, not the hold alone")
	f.Uint64Var(&o.seed, "seed", 1, "of everything")
	f.StringVar(&o.runs, "runs", "runs", "`directory` that holds the directories of live gates")
	f.DurationVar(&o.trial, "trial", 20*time.Second, "recorded of each live trial of the hold: shorter ones are less sure")
	f.StringVar(&o.target, "target", "", "an own service, compared with itself: `URL` or cmd:FILE")
	f.Float64Var(&o.capacity, "capacity", 0, "of --target, iterations a second; 0 means that it is found first")
	f.Var(&o.margin, "margin", "the `share` that gates of --target are going to allow")
	f.DurationVar(&o.budget, "budget", 15*time.Minute, "for the trials of each live gate")
	f.DurationVar(&o.searchBudget, "search-budget", 6*time.Minute, "for finding the capacity of --target")
}

func (o *selftestOptions) validate() error {
	errs := []error{finiteFlag("--capacity", o.capacity)}
	if o.aa < 0 || o.virtual < 0 {
		errs = append(errs, fmt.Errorf("--aa and --virtual must not be negative, got %d and %d", o.aa, o.virtual))
	}
	if o.trial <= 0 || o.budget <= 0 || o.searchBudget <= 0 || o.capacity < 0 {
		errs = append(errs, errors.New("--trial, --budget and --search-budget must be above 0, --capacity must not be negative"))
	}
	if o.target == "" {
		errs = append(errs, unheard(o.given, "is of an own service, which FILE and --target name", "capacity", "margin", "search-budget")...)
	}
	if o.target != "" {
		errs = append(errs, unheard(o.given, "is of the queues that are gated without --target", "inject", "virtual", "full", "noise", "trial")...)
	}
	for _, x := range o.inject {
		if !(x > 0 && x <= 100) {
			errs = append(errs, fmt.Errorf("--inject %v: must be above 0 and at most 100 per cent", x))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return usage(err, "")
	}
	return nil
}

// slowed are the kinds of gates: without a change first.
func (o *selftestOptions) slowed() []float64 {
	all := []float64{0}
	for _, x := range o.inject {
		all = append(all, x/100)
	}
	return all
}

// yardstick is what is gated: half as fast as the examples, so that a small machine makes its load, and fast
// enough that a trial of the hold counts thousands of requests.
func yardstick() selftest.Service {
	return selftest.Service{Servers: 8, Mean: 20 * time.Millisecond, Limit: 200 * time.Millisecond}
}

func runSelftest(ctx context.Context, out, errw io.Writer, o selftestOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	controls := newControls(ctx)
	defer controls.close()
	return controls.unlessHurried("", func() error { return o.count(controls.early, out, errw) })
}

// count makes all gates: those in virtual time first.
func (o *selftestOptions) count(ctx context.Context, out, errw io.Writer) error {
	for _, slower := range o.slowed() {
		if o.virtual > 0 && ctx.Err() == nil {
			fmt.Fprintf(out, "virtual %v\n", o.imagined(ctx, slower))
		}
	}
	if ctx.Err() != nil {
		return &failure{code: exitInterrupted}
	}
	if o.aa == 0 {
		return nil
	}
	err := o.live(ctx, out, errw)
	if errors.Is(err, context.Canceled) {
		return &failure{code: exitInterrupted}
	}
	return err
}

// imagined counts gates in virtual time: as many as there is time for until somebody stops it.
func (o *selftestOptions) imagined(ctx context.Context, slower float64) *selftest.Tally {
	t := &selftest.Tally{Slower: slower}
	for n := range o.virtual {
		if ctx.Err() != nil {
			break
		}
		t.Add(yardstick().One(slower, float64(o.noise), !o.full, o.seed+uint64(n)))
	}
	return t
}

// live makes gates on two queues of our own, each kind in turn, and tells the counts so far after each round.
func (o *selftestOptions) live(ctx context.Context, out, errw io.Writer) error {
	folder, err := os.MkdirTemp("", "loadctl-selftest-")
	if err != nil {
		return cannot(err, "")
	}
	defer os.RemoveAll(folder)
	tallies := map[float64]*selftest.Tally{}
	for _, slower := range o.slowed() {
		tallies[slower] = &selftest.Tally{Slower: slower}
	}
	for n := range o.aa {
		for _, slower := range o.slowed() {
			r, err := o.one(ctx, errw, folder, slower, o.seed+uint64(n))
			if err != nil {
				return err
			}
			t := tallies[slower]
			t.Add(r)
			fmt.Fprintf(out, "live %d: %s: %s\n", n+1, r.Verdict, r.Why)
			fmt.Fprintf(out, "live %v\n", t)
		}
	}
	return nil
}

// one makes one live gate on two queues at ports of their own.
func (o *selftestOptions) one(ctx context.Context, errw io.Writer, folder string, slower float64, seed uint64) (gate.Result, error) {
	file := filepath.Join(folder, "queue.yaml")
	if err := os.WriteFile(file, []byte(yardstickFile), 0o644); err != nil {
		return gate.Result{}, cannot(err, "")
	}
	exe, err := os.Executable()
	if err != nil {
		return gate.Result{}, cannot(err, "")
	}
	base, err1 := queueSide(exe, 0)
	candidate, err2 := queueSide(exe, slower)
	if err := errors.Join(err1, err2); err != nil {
		return gate.Result{}, cannot(err, "")
	}
	g := o.gate(errw, file, gateSides{base, candidate}, seed)
	g.short = !o.full
	rate, elasticity := yardstick().Capacity()
	return g.once(ctx, knownCapacity{capacity: rate, estimate: rate, elasticity: elasticity})
}

// gate is one with the flags of gates as they are without any, but those that are ours too.
func (o *selftestOptions) gate(errw io.Writer, file string, both gateSides, seed uint64) *gating {
	g := &gating{file: file, out: errw, errw: errw, sides: both}
	(&g.gateOptions).flags(pflag.NewFlagSet("", pflag.ContinueOnError))
	g.baseline, g.candidate = both.base.Text, both.candidate.Text
	g.runs, g.seed, g.trial, g.margin, g.budget, g.searchBudget = o.runs, seed, o.trial, o.margin, o.budget, o.searchBudget
	return g
}

// once makes a gate of which nothing is told but its result, in a directory of its own.
func (g *gating) once(ctx context.Context, known knownCapacity) (r gate.Result, err error) {
	if err := g.prepare(); err != nil {
		return r, err
	}
	if err := g.open(); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.turns.Close(), g.study.Close()) }()
	if known.capacity == 0 {
		if known, err = g.find(ctx); err != nil || known.capacity == 0 {
			return r, err
		}
	}
	if r, err = g.search(ctx, baselineKnown{knownCapacity: known}); err == nil {
		err = g.study.Result(&r)
	}
	return r, err
}

const yardstickFile = `version: 1
name: gate-selftest
target: {base_url: "http://127.0.0.1:1", monitor: none}
users:
  u:
    tasks:
      item: {steps: [{get: "/", name: item}]}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 10s}
slo:
  response_time: [p(99)<200ms]
`

// queueSide is the yardstick at a port that is free now, slowed by a share.
func queueSide(exe string, slower float64) (sides.Source, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return sides.Source{}, err
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		return sides.Source{}, err
	}
	y := yardstick()
	c := &sides.Command{File: "target queue", URL: "http://" + at, Ready: sides.Ready{Within: 20 * time.Second}, Stop: sides.Stop{Within: 10 * time.Second},
		Start: []string{exe, "target", "queue", "--listen", at, "--servers", strconv.Itoa(y.Servers), "--mean", y.Mean.String(), "--slow", strconv.FormatFloat(1+slower, 'g', -1, 64)}}
	return sides.Source{Kind: sides.Started, Text: c.File, URL: c.URL, Command: c}, nil
}
