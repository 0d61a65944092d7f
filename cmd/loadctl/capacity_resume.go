package main

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// reopen takes up a search: with its file, which must be what it was, and its flags, but for a budget
// and a precision that are given anew.
func (c *capacitySearch) reopen() (err error) {
	if c.study, c.planned, err = openCapacity(c.resume); err != nil {
		return err
	}
	c.file = cmp.Or(c.file, c.study.Head.File)
	if err := sameAsBegun(c.study, c.file, "loadctl capacity"); err != nil {
		return err
	}
	if err := c.planned.Load.onto(&c.runOptions); err != nil {
		return err
	}
	if c.job, err = newJob(c.out, c.errw, c.file, c.runOptions); err != nil {
		return err
	}
	if err := c.planned.Load.same(c.job); err != nil {
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

// again keeps the trials that the search, as it is wanted now, would have made. Trials that could not
// be made at the end are no reason to make none.
func (c *capacitySearch) again() error {
	p := c.planned
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
	return goOnFrom(c.study, func() trial.Search { return p.finder() }, p, changed, c.errw)
}
