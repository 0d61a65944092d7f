package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// A searchLoad are the flags that trials of a search are made with, as its study keeps them.
type searchLoad struct {
	Vars     map[string]string `json:"vars,omitempty"`
	Hidden   []string          `json:"hidden,omitempty"` // variables whose values are secrets and not kept
	Target   string            `json:"target,omitempty"`
	Agents   int               `json:"agents,omitempty"`
	Loops    int               `json:"loops,omitempty"`
	Sources  []string          `json:"sources,omitempty"`
	Monitors []string          `json:"monitors,omitempty"`
	Seed     uint64            `json:"seed"`
	Pacing   string            `json:"pacing"`
	Tick     time.Duration     `json:"tick_ns,omitempty"`
	Poller   string            `json:"poller"`
}

// loadOf keeps the flags that trials are made with. What is secret is asked for again.
func loadOf(o *runOptions, s *scenarios.Scenario) searchLoad {
	vars := maps.Clone(s.Replaced)
	l := searchLoad{Vars: vars, Target: o.target, Agents: o.agents, Loops: o.loops, Sources: o.sources, Monitors: o.monitors,
		Seed: o.seed, Pacing: o.pacing, Tick: o.tick, Poller: o.poller}
	for name := range vars {
		if slices.Contains(s.Secrets, name) {
			l.Hidden = append(l.Hidden, name)
		}
	}
	slices.Sort(l.Hidden)
	for _, name := range l.Hidden {
		delete(vars, name)
	}
	return l
}

// onto has options make the load again. Variables that are given must be what they were.
func (l *searchLoad) onto(o *runOptions) error {
	given, err := variables(o.vars, nil)
	if err != nil {
		return err
	}
	var wrong []error
	for name, value := range given.Vars {
		if was, had := l.Vars[name]; !slices.Contains(l.Hidden, name) && (!had || was != value) {
			wrong = append(wrong, fmt.Errorf("-e %s=%s: it was %s when the search began", name, value, cmp.Or(was, "the file's own")))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "begin another search with it")
	}
	for name, value := range l.Vars {
		if _, is := given.Vars[name]; !is {
			o.vars = append(o.vars, name+"="+value)
		}
	}
	o.target, o.agents, o.loops, o.sources, o.monitors = l.Target, l.Agents, l.Loops, l.Sources, l.Monitors
	o.seed, o.pacing, o.tick, o.poller = l.Seed, l.Pacing, l.Tick, l.Poller
	return nil
}

// secretsGiven makes sure of what a study does not keep.
func (l *searchLoad) secretsGiven(s *scenarios.Scenario) error {
	var wrong []error
	for _, name := range l.Hidden {
		if _, is := s.Replaced[name]; !is {
			wrong = append(wrong, fmt.Errorf("variable %s is a secret, which is not kept: give it again with -e %s=…", name, name))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "")
	}
	return nil
}

// hiddenFlags are the flags that whoever goes on must give again.
func (l *searchLoad) hiddenFlags() (again string) {
	for _, name := range l.Hidden {
		again += fmt.Sprintf(" -e %s=…", name)
	}
	return again
}

// targetName is the target for people.
func (j *job) targetName() string {
	if j.scenario.Target.Bundled && j.target == "" {
		return "the bundled target"
	}
	return cmp.Or(j.target, j.scenario.Target.BaseURL)
}
