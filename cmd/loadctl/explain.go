package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/reports/text"
	"github.com/loadctl/loadctl/scenarios"
)

// explainOptions are the flags of `loadctl explain`.
type explainOptions struct {
	planningOptions
	seed  uint64
	every time.Duration
}

func newExplain() *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain FILE",
		Short: "Say second by second what a scenario does: users, arrivals, connections, each agent's part",
		Long: "Follows the schedules that `loadctl run` with the same flags would follow, and starts nothing. Arrivals are\n" +
			"those of the seed, one by one; what a target does to them is not foretold.\n\n" +
			"Exit codes: 0 done, 2 usage or invalid file.",
		Example: "  loadctl explain scenarios/items.yaml\n  loadctl explain scenarios/ramp.yaml --agents 3 --seed 7 --every 500ms --json",
		Args:    fileFor("explain"),
		RunE: func(c *cobra.Command, args []string) error {
			return explainFile(c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.Uint64Var(&o.seed, "seed", 1, "of arrivals: the same seed is the same load")
	f.DurationVar(&o.every, "every", 0, "length of a step; 0 means such that about 60 lines come")
	return c
}

func explainFile(out, errw io.Writer, file string, o explainOptions) error {
	s, err := o.scenario(file)
	if err != nil {
		return err
	}
	if o.every < 0 {
		return usage(fmt.Errorf("--every must not be negative, got %s", o.every), "")
	}
	warn(errw, file, s.Warnings)
	n, why := agentsOf(s, o.wish())
	if why != nil {
		fmt.Fprintf(errw, "%s: warning: a run would be refused here: %v; parts are those of %d agents\n", file, why, n)
	}
	t, err := plan.Explain(s, o.seed, plan.AgentNames(machine.Local().Name, n), o.every)
	if err != nil {
		return usage(err, "")
	}
	if o.json {
		return text.Document(out, t)
	}
	return text.Timeline(out, t)
}

// agentsOf is how many agents a run has here. Where none could run, a scenario can
// still be explained: with as many agents as were asked for, or two.
func agentsOf(s *scenarios.Scenario, w plan.Wish) (int, error) {
	places, err := plan.Fit(plan.NeedOf(s), w, []plan.Machine{machine.Local()})
	if err != nil {
		return max(w.Agents, s.Agents.Min, 2), err
	}
	return places[0].Agents, nil
}
