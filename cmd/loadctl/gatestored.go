package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/sides"
)

// stored is what is known of the baseline before anything is tried: the capacity that was given, and
// what is stored of one that does not run.
func (g *gating) stored() (k baselineKnown, err error) {
	k.capacity, k.elasticity = g.capacity, g.elasticity
	if g.sides.base.Live() {
		return k, nil
	}
	if dir := g.sides.base.Dir; g.sides.base.Kind == sides.Run && !g.isStored(g.sides.base.Text) {
		return k, usage(fmt.Errorf("--baseline %s is one run, and beside a candidate without a second target it takes ten, of three days or hosts", dir),
			fmt.Sprintf("collect them with `loadctl baseline set NAME %s --add`, or compare two live targets: --baseline URL or cmd:FILE", dir))
	}
	b, err := g.storedBaseline()
	if err != nil {
		return k, err
	}
	if err := g.alike(b); err != nil {
		return k, err
	}
	if c := b.Capacity; c != nil && k.capacity == 0 {
		k.knownCapacity = knownCapacity{capacity: c.Low, estimate: c.Value, elasticity: c.Elasticity, clump: c.Clump}
	}
	if k.capacity == 0 {
		return k, usage(fmt.Errorf("baseline %s has no capacity to take the loads from", g.sides.base.Text),
			fmt.Sprintf("store that of a search: `loadctl capacity %s`, then `loadctl baseline set %s DIR --add`; or give it with --capacity", g.file, g.sides.base.Text))
	}
	k.stored = storedRuns(b)
	set := g.config(k)
	err = gate.Admit(set)
	if !g.short {
		err = errors.Join(err, b.AtLoad(set.Pair().Rate))
	}
	if err != nil {
		return k, usage(fmt.Errorf("baseline %s cannot be compared with:\n%w", g.sides.base.Text, err), "a second live target has none of these limits: --baseline URL or cmd:FILE")
	}
	return k, nil
}

// isStored says that there is a baseline of a name, whatever folder is called so, too.
func (g *gating) isStored(text string) bool {
	if !sides.IsName(text) {
		return false
	}
	_, err := os.Stat(baselinePath(g.baselines, g.job.scenario.Name, text))
	return err == nil
}

// storedBaseline is the one of that name.
func (g *gating) storedBaseline() (*baseline.Baseline, error) {
	path := baselinePath(g.baselines, g.job.scenario.Name, g.sides.base.Text)
	b, err := readBaseline(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage(fmt.Errorf("no baseline %s of scenario %s: %w", g.sides.base.Text, g.job.scenario.Name, err), "`loadctl baseline set` stores one, `loadctl baseline ls` lists them")
	}
	if err != nil {
		return nil, usage(err, "")
	}
	return b, nil
}

// alike refuses a baseline of another scenario, SLO or machine, and tells what else is not as it was.
func (g *gating) alike(b *baseline.Baseline) error {
	vars, _ := replacedOf(g.job.scenario)
	now := &baseline.Baseline{Scenario: g.job.scenario.Name, ScenarioHash: sha256Of(string(g.job.scenario.Source)), Vars: vars, Fingerprint: fingerprintOf(here()),
		Capacity: &baseline.Capacity{Clauses: g.limits.clauses}}
	var refused []error
	for _, d := range b.Differences(now) {
		if d.Refuses {
			refused = append(refused, errors.New(d.What))
		} else {
			fmt.Fprintln(g.errw, "loadctl: warning:", d.What)
		}
	}
	if err := errors.Join(refused...); err != nil {
		return usage(fmt.Errorf("baseline %s is of another place or load:\n%w", b.Name, err), "compare two live targets, or store a baseline here")
	}
	return nil
}

func storedRuns(b *baseline.Baseline) []gate.StoredRun {
	all := []gate.StoredRun{} // none is too few, and not a second target
	for _, r := range b.Runs {
		all = append(all, gate.StoredRun{ID: r.ID, Time: r.Time, Host: r.Host, Trials: r.Trials, Values: r.Values()})
	}
	return all
}
