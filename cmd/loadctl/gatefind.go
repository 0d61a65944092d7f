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
	search := capacity.New(capacity.Config{Clauses: g.limits.clauses, Precision: 0.05, Budget: g.searchBudget})
	if err := s.Drive(ctx, search, own.try, g.after(func() string { return answers.CapacityLine(search.Result()) })); err != nil {
		return k, err
	}
	r := search.Result()
	if err := s.Result(r); err != nil {
		return k, cannot(err, "")
	}
	if why := unusable(&r); why != "" {
		return k, g.tell(&gate.Result{Verdict: gate.Invalid, Why: "the capacity of the baseline is not known: " + why, Broken: brokenBase(&r), Seed: g.seed, Took: r.Took})
	}
	return knownCapacity{capacity: r.Low, estimate: r.Capacity, elasticity: r.Elasticity, clump: clumpNear(&r)}, nil
}

// capacityStudy is the search within the gate's directory, taken up again where it was begun.
func (g *gating) capacityStudy() (*study.Study, error) {
	s, err := study.Open(g.capacityDir())
	if errors.Is(err, os.ErrNotExist) {
		h := g.study.Head
		h.ID, h.Kind = "capacity", "capacity"
		return study.Create(g.study.Dir(), h)
	}
	return s, err
}

// unusable says why a capacity is none to take loads from; "" where it is. A wide interval is told by
// the gate's own trials: the baseline is the control of each.
func unusable(r *capacity.Result) string {
	why := r.Why
	if why == "" {
		why = string(r.Outcome)
	}
	switch {
	case r.Outcome == capacity.Found && r.Low > 0, r.Outcome == capacity.Unfinished && r.Low > 0:
		return ""
	case r.Outcome == capacity.AtLeast:
		return fmt.Sprintf("the generator, not the service, was the limit at %.4g/s: give a lower one with --capacity, or add agents", r.Capacity)
	}
	return why
}

func brokenBase(r *capacity.Result) string {
	if r.Outcome == capacity.Broken {
		return gate.Base
	}
	return ""
}
