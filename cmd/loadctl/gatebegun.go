package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/sides"
	"github.com/loadctl/loadctl/scenarios"
)

// A gateBegun is how a gate was begun: all that its figures depend on beside the file. One that goes on has all of
// it in common, as half a gate with one margin and half with another is neither.
type gateBegun struct {
	Baseline       string            `json:"baseline"`
	Candidate      string            `json:"candidate"`
	OnInconclusive string            `json:"on_inconclusive,omitempty"` // for its report; it may be another when it goes on
	Flags          map[string]string `json:"flags,omitempty"`           // by name, as a person would give them
	Vars           map[string]string `json:"vars,omitempty"`            // that are not the file's
	Hidden         []string          `json:"hidden,omitempty"`          // of those, secrets: their values are not kept
	Sides          map[string]string `json:"sides,omitempty"`           // what cmd: files said, as a digest
}

func (g *gating) begun() gateBegun {
	b := gateBegun{Baseline: g.baseline, Candidate: g.candidate, OnInconclusive: g.onInconclusive, Flags: g.decisive(), Sides: map[string]string{}}
	b.Vars, b.Hidden = replacedOf(g.job.scenario)
	for _, s := range []*sides.Source{&g.sides.base, &g.sides.candidate} {
		if s.Command != nil {
			b.Sides[s.Text] = digestOf(s.Command)
		}
	}
	return b
}

// decisive are the flags that a verdict depends on.
func (g *gating) decisive() map[string]string {
	text := func(v any) string { return fmt.Sprint(v) }
	return map[string]string{
		"margin": g.margin.String(), "failed-margin": g.failed.String(), "hold-margin": g.holdMargin.String(), "metric": strings.Join(g.metrics, ","),
		"capacity": text(g.capacity), "elasticity": text(g.elasticity), "search-budget": text(g.searchBudget), "budget": text(g.budget), "trial": text(g.trial),
		"short": text(g.short), "hold": text(g.hold), "seed": text(g.seed), "agents": text(g.agents), "loops": text(g.loops), "monitor": strings.Join(g.monitors, ","),
	}
}

// replacedOf are the variables that are not the file's. Of secrets only the names are kept.
func replacedOf(s *scenarios.Scenario) (vars map[string]string, hidden []string) {
	vars = map[string]string{}
	for name, value := range s.Replaced {
		if slices.Contains(s.Secrets, name) {
			hidden = append(hidden, name)
		} else {
			vars[name] = value
		}
	}
	slices.Sort(hidden)
	return vars, hidden
}

func digestOf(c *sides.Command) string {
	text, _ := json.Marshal(c) // texts and numbers never fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// unlike names each way in which a gate is not the one that was begun.
func (b *gateBegun) unlike(g *gating) (errs []error) {
	now := g.begun()
	if b.Baseline != now.Baseline || b.Candidate != now.Candidate {
		errs = append(errs, fmt.Errorf("%s compares %s with %s, not %s with %s", g.resume, b.Candidate, b.Baseline, now.Candidate, now.Baseline))
	}
	for _, name := range slices.Sorted(maps.Keys(b.Flags)) {
		if was, is := b.Flags[name], now.Flags[name]; was != is {
			errs = append(errs, fmt.Errorf("--%s is %s, and was %s when %s was begun", name, cmp.Or(is, "not given"), cmp.Or(was, "not given"), g.resume))
		}
	}
	for _, text := range slices.Sorted(maps.Keys(b.Sides)) {
		if is, there := now.Sides[text]; there && is != b.Sides[text] {
			errs = append(errs, fmt.Errorf("%s is not what it was when %s was begun", text, g.resume))
		}
	}
	if b.Flags == nil {
		return errs
	}
	return append(errs, b.otherVars(&now, g.resume)...)
}

// otherVars names the variables that differ. Values are named where they are no secrets.
func (b *gateBegun) otherVars(now *gateBegun, dir string) (errs []error) {
	names := slices.Concat(slices.Collect(maps.Keys(b.Vars)), slices.Collect(maps.Keys(now.Vars)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		was, had := b.Vars[name]
		is, has := now.Vars[name]
		if had != has || was != is {
			errs = append(errs, fmt.Errorf("variable %s is %s, and was %s when %s was begun", name, cmp.Or(is, "the file's own"), cmp.Or(was, "the file's own"), dir))
		}
	}
	if !slices.Equal(b.Hidden, now.Hidden) {
		errs = append(errs, fmt.Errorf("the secrets that replace the file's are [%s], and were [%s] when %s was begun: they are not kept, and are given again with -e",
			strings.Join(now.Hidden, " "), strings.Join(b.Hidden, " "), dir))
	}
	return errs
}
