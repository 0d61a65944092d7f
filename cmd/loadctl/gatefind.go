package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/reports/answers"
)

// A knownCapacity is what is known of the baseline's capacity.
type knownCapacity struct {
	capacity   float64 // the lower end of its interval; 0 = not known
	estimate   float64
	elasticity float64
	clump      float64
}

// A baselineKnown is what is known of the baseline before anything is tried.
type baselineKnown struct {
	knownCapacity
	stored []gate.StoredRun
}

// find finds the capacity of the baseline, which the loads of the gate are taken from. Without one the
// gate has ended, invalid: its error says so.
func (g *gating) find(ctx context.Context) (k knownCapacity, err error) {
	s, err := g.capacityStudy()
	if err != nil {
		return k, cannot(err, "")
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fmt.Fprintln(g.errw, "finding the capacity of the baseline first; --capacity gives it")
	t := *g.trials
	t.runs = s.RunsDir()
	own := *g
	own.trials = &t
	plan, err := g.capacityPlan()
	if err != nil {
		return k, err
	}
	search := capacity.New(plan.Config)
	if err := g.undriven(s.Drive(ctx, search, own.try, g.after(func() string { return answers.CapacityLine(search.Result()) }))); err != nil {
		return k, err
	}
	r := search.Result()
	if err := s.Result(r); err != nil {
		return k, cannot(err, "")
	}
	if why := r.Unusable(); why != "" {
		return k, g.tell(&gate.Result{Verdict: gate.Invalid, Why: "the capacity of the baseline is not known: " + why, Broken: brokenBase(&r), Seed: g.seed, Took: r.Took})
	}
	return knownCapacity{capacity: r.Low, estimate: r.Capacity, elasticity: r.Elasticity, clump: r.Clump()}, nil
}

// gatePrecision is that of a capacity which loads are taken from: its lower bound is what counts.
const gatePrecision = 0.05

// capacityPlan is what `loadctl capacity` would search of the same file in the same time.
func (g *gating) capacityPlan() (*capacityPlan, error) {
	c := &capacitySearch{capacityOptions: capacityOptions{runOptions: g.runOptions, over: capacity.Rate, precision: gatePrecision, budget: g.searchBudget},
		out: g.out, errw: g.errw, file: g.file, job: g.job, trials: g.trials}
	return c.plan()
}

// capacityStudy is the search within the gate's directory, taken up again where it was begun.
func (g *gating) capacityStudy() (*study.Study, error) {
	s, err := study.Open(g.capacityDir())
	if errors.Is(err, os.ErrNotExist) {
		h := g.study.Head
		h.ID, h.Kind, h.Options = "capacity", "capacity", nil // without options it goes on with its gate, and not by itself
		if err := os.RemoveAll(g.capacityDir()); err != nil { // one whose process died before it had a head has made nothing
			return nil, err
		}
		return study.Create(g.study.Dir(), h)
	}
	return s, err
}

func brokenBase(r *capacity.Result) string {
	if r.Outcome == capacity.Broken {
		return gate.Base
	}
	return ""
}
