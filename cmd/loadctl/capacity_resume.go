package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/study"
)

// reopen takes up a search: with its file, which must be what it was, and its flags, but for a budget
// and a precision that are given anew.
func (c *capacitySearch) reopen() (err error) {
	if c.study, c.planned, err = openCapacity(c.resume); err != nil {
		return err
	}
	c.file = cmp.Or(c.file, c.study.Head.File)
	if err := c.sameFile(); err != nil {
		return err
	}
	if err := c.sameFlags(); err != nil {
		return err
	}
	if c.job, err = newJob(c.out, c.errw, c.file, c.runOptions); err != nil {
		return err
	}
	if err := c.secretsGiven(); err != nil {
		return err
	}
	c.trials = &trials{job: c.job}
	if err := c.again(); err != nil {
		return err
	}
	c.begin()
	return nil
}

// openCapacity reads the study of a search for a capacity.
func openCapacity(dir string) (*study.Study, *capacityPlan, error) {
	s, err := study.Open(dir)
	if err != nil {
		return nil, nil, usage(err, "a search says its directory in its last line")
	}
	if s.Head.Kind != "capacity" {
		return nil, nil, usage(fmt.Errorf("%s is a study of %s, not of a capacity", dir, s.Head.Kind), "")
	}
	p := &capacityPlan{}
	if len(s.Head.Options) == 0 {
		return nil, nil, usage(fmt.Errorf("%s is a part of another study, and does not go on by itself", dir), "")
	}
	if err := json.Unmarshal(s.Head.Options, p); err != nil {
		return nil, nil, usage(fmt.Errorf("%s: its options: %w", dir, err), "")
	}
	return s, p, nil
}

// sameFile refuses a file that is not what it was: its trials would be of another load.
func (c *capacitySearch) sameFile() error {
	src, err := os.ReadFile(c.file)
	if err != nil {
		return usage(fmt.Errorf("reading the scenario of the search: %w", err), "name the file where it is now: loadctl capacity FILE --resume "+c.resume)
	}
	if was := []byte(c.study.Head.Source); !bytes.Equal(src, was) {
		return usage(fmt.Errorf("%s is not what it was when the search began: line %d differs. Its trials were made with the old one, and cannot be told beside those of another",
			c.file, firstDifference(was, src)), "begin another search, or put the file back: study.json has it, under source")
	}
	return nil
}

func firstDifference(a, b []byte) int {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return i + 1
		}
	}
	return min(len(x), len(y)) + 1
}

// sameFlags takes the flags of the search. Variables that are given must be what they were.
func (c *capacitySearch) sameFlags() error {
	l := &c.planned.Load
	given, err := variables(c.vars, nil)
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
			c.vars = append(c.vars, name+"="+value)
		}
	}
	c.target, c.agents, c.loops, c.sources, c.monitors = l.Target, l.Agents, l.Loops, l.Sources, l.Monitors
	c.seed, c.pacing, c.tick, c.poller = l.Seed, l.Pacing, l.Tick, l.Poller
	return nil
}

// secretsGiven makes sure of what a study does not keep.
func (c *capacitySearch) secretsGiven() error {
	var wrong []error
	for _, name := range c.planned.Load.Hidden {
		if _, is := c.job.scenario.Replaced[name]; !is {
			wrong = append(wrong, fmt.Errorf("variable %s is a secret, which is not kept: give it again with -e %s=…", name, name))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usage(err, "")
	}
	return nil
}

// again keeps the trials that the search, as it is wanted now, would have made. Trials that could not
// be made at the end are no reason to make none.
func (c *capacitySearch) again() error {
	p, lines := c.planned, c.study.Lines()
	changed := c.given["budget"] && c.budget != p.Config.Budget || c.given["precision"] && float64(c.precision) != p.Config.Precision
	if c.given["budget"] {
		p.Config.Budget = c.budget
	}
	if c.given["precision"] {
		p.Config.Precision = float64(c.precision)
	}
	if err := p.judge(); err != nil {
		return err
	}
	n := c.study.Fits(p.finder())
	if n < len(lines) && !changed {
		return usage(c.study.Replay(p.finder()), "begin another search; what this one found so far is shown by: loadctl report "+c.study.Dir())
	}
	whole := n
	for whole > 0 && lines[whole-1].Told.Broken != "" {
		whole--
	}
	if whole == len(lines) && !changed {
		return nil
	}
	options, err := json.Marshal(p)
	if err != nil {
		return cannot(err, "")
	}
	if set := len(lines) - whole; set > 0 {
		fmt.Fprintf(c.errw, "loadctl: %s set aside: %s\n", countOf(set, "trial is", "trials are"), asideWhy(whole == n))
	}
	if err := c.study.Keep(whole, options); err != nil {
		return cannot(err, "")
	}
	return nil
}

func asideWhy(other bool) string {
	if other {
		return "such a search would have gone on in another way before them"
	}
	return "they could not be made then"
}
