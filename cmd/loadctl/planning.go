package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
)

// loadOptions are the flags that say which load is made: plan, explain and doctor
// share them with run, and speak of the run that the same flags would start.
type loadOptions struct {
	vars          []string
	target        string
	agents, loops int
	sources       []string
}

func (o *loadOptions) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.vars, "var", "e", nil, "replace a variable of the file: `name=value`")
	f.StringVar(&o.target, "target", "", "base `URL` to load instead of the file's, or of its bundled target")
	f.IntVar(&o.agents, "agents", 0, "agent processes; 0 means as many as the load needs, at least 2")
	f.IntVar(&o.loops, "loops", 0, "event loops of each agent; 0 means by the number of cores")
	f.StringSliceVar(&o.sources, "sources", nil, "own `addresses` that connections come from in turn: 10.0.0.1,10.0.0.2, or all")
}

// planningOptions are the flags of plan, explain and doctor.
type planningOptions struct {
	loadOptions
	json bool
}

func (o *planningOptions) flags(f *pflag.FlagSet) {
	o.loadOptions.flags(f)
	f.BoolVar(&o.json, "json", false, "write JSON, for programs")
}

// fileFor wants one scenario.
func fileFor(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage(fmt.Errorf("want one scenario FILE, got %d arguments", len(args)), "for example: loadctl "+command+" scenarios/items.yaml")
	}
}

func (o *planningOptions) wish() plan.Wish { return plan.Wish{Agents: o.agents, Loops: o.loops} }

// scenario reads the file as a run with these flags would.
func (o *planningOptions) scenario(file string) (*scenarios.Scenario, error) {
	if o.agents < 0 || o.loops < 0 {
		return nil, usage(fmt.Errorf("--agents and --loops must not be negative, got %d and %d", o.agents, o.loops), "")
	}
	opt, err := variables(o.vars, os.Environ())
	if err != nil {
		return nil, err
	}
	opt.BaseURL = o.target
	s, _, err := load(file, opt)
	return s, err
}

// demand is the scenario with the addresses of its target.
func (o *planningOptions) demand(ctx context.Context, file string) (plan.Demand, error) {
	s, err := o.scenario(file)
	if err != nil {
		return plan.Demand{}, err
	}
	own, err := sourceAddresses(o.sources)
	if err != nil {
		return plan.Demand{}, err
	}
	to, err := addressesOf(ctx, s)
	return plan.Demand{Scenario: s, Wish: o.wish(), To: to, Own: own}, err
}

// lookupWithin bounds how long a name of a target is asked for.
const lookupWithin = 3 * time.Second

// addressesOf gives the addresses of a target that may be loaded; none when its name
// cannot be resolved here and now. Nothing is sent to them.
func addressesOf(ctx context.Context, s *scenarios.Scenario) ([]netip.AddrPort, error) {
	if s.Target.BaseURL == "" { // the bundled target takes any port
		return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)}, nil
	}
	target, err := plan.TargetOf(s.Target.BaseURL)
	if err != nil {
		return nil, usage(err, "")
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	addrs, err := coordinator.Lookup(ctx, target)
	if err != nil {
		return nil, nil // not known is an answer, too: it is said where it matters
	}
	c, err := target.Clear(addrs, plan.Permission{AllowHosts: s.AllowHosts})
	if err != nil {
		return nil, usage(err, "")
	}
	return c.Addresses, nil
}
