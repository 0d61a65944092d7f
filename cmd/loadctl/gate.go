package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/sides"
)

// gateOptions are the flags of `loadctl gate`.
type gateOptions struct {
	runOptions
	baseline, candidate  string
	baselines            string
	margin, failed       share
	holdMargin           share
	metrics              []string
	capacity, elasticity float64
	searchBudget, budget time.Duration
	trial                time.Duration // length of one of the hold
	short, hold          bool
	onInconclusive       string
	resume, outDir       string

	given map[string]bool // flags, by the command line: what the environment has is for other commands, too
}

const gateLong = `Compares two builds of a service: first whether the candidate still holds the SLO just below the capacity
of the baseline, then response times at half of it, in pairs of trials in random order, until there is enough
evidence either way or the budget is spent. It says the smallest change it would have found.

A side is a URL; cmd:FILE, which says how a build is started and ended (see docs/gate.md); and, of the baseline,
the name of a stored one. Two sides at one address are started in turn; at two addresses both stay up.

Exit codes: 0 not worse, 98 regression, 3 inconclusive (see --on-inconclusive), 97 invalid: it says nothing of the
candidate, 1 a side could not be tried at all, 2 usage, 130 interrupted: go on with --resume.`

func newGate() *cobra.Command {
	var o gateOptions
	c := &cobra.Command{
		Use:   "gate FILE --baseline SIDE --candidate SIDE",
		Short: "Did this change make it worse? Pass, regression, inconclusive or invalid",
		Long:  gateLong,
		Example: "  loadctl gate scenarios/items.yaml --baseline http://10.0.0.1:8080 --candidate http://10.0.0.2:8080\n" +
			"  loadctl gate scenarios/items.yaml --baseline cmd:main.yaml --candidate cmd:branch.yaml --short",
		Args: fileFor("gate"),
		RunE: func(c *cobra.Command, args []string) error {
			o.given = typedFlags(c)
			return runGate(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	o.flags(c.Flags())
	c.AddCommand(newGateSelftest())
	return c
}

func (o *gateOptions) flags(f *pflag.FlagSet) {
	o.margin, o.failed, o.holdMargin = 0.05, 0.001, 0.05
	f.StringVar(&o.baseline, "baseline", "", "what is compared with: `URL`, cmd:FILE, or name of a stored baseline")
	f.StringVar(&o.candidate, "candidate", "", "what is judged: `URL` or cmd:FILE")
	f.StringVar(&o.baselines, "baselines", "baselines", "`directory` that holds stored baselines")
	f.Var(&o.margin, "margin", "by which `share` response times of pairs may be worse")
	f.Var(&o.failed, "failed-margin", "by which `share` of requests more may fail")
	f.Var(&o.holdMargin, "hold-margin", "`share` of the baseline's capacity that the hold lies below it")
	f.StringSliceVar(&o.metrics, "metric", nil, "metrics that count (default p50,p99,failed)")
	f.Float64Var(&o.capacity, "capacity", 0, "of the baseline, iterations a second; 0 means that of the stored baseline, or that it is found first")
	f.Float64Var(&o.elasticity, "elasticity", 0, "of a --capacity: 1 % more load is so many per cent more requests beyond the SLO; 0 means not known, and then neither is what the hold would find")
	f.DurationVar(&o.searchBudget, "search-budget", 6*time.Minute, "for finding the capacity, where it is not given")
	f.DurationVar(&o.budget, "budget", 15*time.Minute, "for the trials of the gate itself")
	f.DurationVar(&o.trial, "trial", 20*time.Second, "recorded of each trial of the hold: a service of few requests a second needs longer ones")
	f.BoolVar(&o.short, "short", false, "the hold alone: a few minutes, finds slowdowns of about twice the margin")
	f.BoolVar(&o.hold, "hold", true, "compare what is held just below the capacity")
	f.StringVar(&o.onInconclusive, "on-inconclusive", "keep", "exit code of an inconclusive gate: keep (3), fail (98) or pass (0)")
	f.StringVar(&o.outDir, "out", "", "`directory` for result, report, JUnit and metrics under fixed names, beside those in --runs")
	f.StringVar(&o.resume, "resume", "", "go on with the gate in `directory`, with the flags it was begun with")
	trialFlags(f, &o.runOptions)
}

// trialFlags are those that change the load of trials, and where they are recorded.
func trialFlags(f *pflag.FlagSet, o *runOptions) {
	o.pacing, o.poller, o.ui = "auto", "auto", "plain"
	f.StringVar(&o.runs, "runs", "runs", "`directory` that holds the directory of the trials")
	f.Uint64Var(&o.seed, "seed", 1, "of the load, and of the order of trials")
	f.StringArrayVarP(&o.vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	f.IntVar(&o.agents, "agents", 0, "agent processes; 0 means as many as the load needs, at least 2")
	f.IntVar(&o.loops, "loops", 0, "event loops of each agent; 0 means by the number of cores")
	f.StringArrayVar(&o.authorised, "i-am-authorised", nil, "vouch for a public `HOST` of the file's allow_hosts")
	f.StringVar(&o.token, "target-token", "", "what a public target must answer at /.well-known/loadctl")
	f.StringArrayVar(&o.monitors, "monitor", nil, "sample a Prometheus endpoint at `URL` too, or none to sample nothing")
}

// whatToDo are the values of --on-inconclusive.
var whatToDo = []string{"keep", "fail", "pass"}

// A gateSides are both sides as they were given.
type gateSides struct{ base, candidate sides.Source }

// validate reads the sides, and says everything that is wrong with flags and sides at once.
func (o *gateOptions) validate() (s gateSides, err error) {
	var errs []error
	if !slices.Contains(whatToDo, o.onInconclusive) {
		errs = append(errs, fmt.Errorf("--on-inconclusive %s: not one of %s", o.onInconclusive, strings.Join(whatToDo, ", ")))
	}
	for _, m := range o.metrics {
		if !slices.Contains(gate.MetricNames(), m) {
			errs = append(errs, fmt.Errorf("--metric %s: not one of %s", m, strings.Join(gate.MetricNames(), ", ")))
		}
	}
	errs = append(errs, finiteFlag("--capacity", o.capacity), finiteFlag("--elasticity", o.elasticity))
	if o.capacity < 0 || o.searchBudget <= 0 || o.trial <= 0 || o.budget <= 0 {
		errs = append(errs, errors.New("--capacity must not be negative, --budget, --search-budget and --trial must be above 0"))
	}
	if o.elasticity < 0 || o.elasticity > 0 && o.capacity == 0 {
		errs = append(errs, errors.New("--elasticity is that of a --capacity, and must not be negative"))
	}
	if o.short && !o.hold {
		errs = append(errs, errors.New("--short is the hold alone, and --hold=false leaves it out"))
	}
	errs = append(errs, o.unheard()...)
	var err1, err2 error
	s.base, err1 = side("--baseline", o.baseline)
	s.candidate, err2 = side("--candidate", o.candidate)
	errs = append(errs, err1, err2)
	if err2 == nil && !s.candidate.Live() {
		errs = append(errs, fmt.Errorf("--candidate %s: it must be a URL or cmd:FILE, as it is to be tried now", o.candidate))
	}
	if err := errors.Join(errs...); err != nil {
		return s, usage(err, "docs/gate.md says what a side can be")
	}
	return s, nil
}

// unheard names the flags that were given and would change nothing.
func (o *gateOptions) unheard() []error {
	if o.short {
		return unheard(o.given, "is of the pairs, which --short leaves out; a short gate has --hold-margin", "margin", "failed-margin", "metric")
	}
	if !o.hold {
		return unheard(o.given, "is of the hold, which --hold=false leaves out", "hold-margin", "trial", "elasticity")
	}
	return nil
}

func unheard(given map[string]bool, why string, names ...string) (errs []error) {
	for _, name := range names {
		if given[name] {
			errs = append(errs, fmt.Errorf("--%s %s", name, why))
		}
	}
	return errs
}

func side(flag, text string) (sides.Source, error) {
	if text == "" {
		return sides.Source{}, fmt.Errorf("%s is missing", flag)
	}
	s, err := sides.Read(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", flag, err)
	}
	return s, err
}

// finiteFlag refuses what a number may be called and nothing can have.
func finiteFlag(flag string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%s: must be a number, got %v", flag, v)
	}
	return nil
}

// A share is a flag from 0 to 1, written as 5% or 0.05.
type share float64

func (s *share) Type() string { return "share" }

func (s *share) String() string { return strconv.FormatFloat(100*float64(*s), 'g', 4, 64) + "%" }

func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v < 1) {
		return fmt.Errorf("want a share above 0%% and below 100%%, such as 5%% or 0.05, got %q", text)
	}
	*s = share(v)
	return nil
}
