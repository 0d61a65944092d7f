package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A study holds one kind of claim against what is known. Its table has a bar for each,
// and notes about how it was measured.
type study struct {
	name string
	what string
	live bool // a part of `live`
	run  func(context.Context, *bench) (bars []bar, notes []string, err error)
	// apart is there instead of run where a study has tables of its own.
	apart func(context.Context, *bench) (missed bool, err error)
}

// studies are in the order in which `live` makes them and truth.md shows them.
var studies = []study{
	{name: "coverage", what: "how often intervals hold the true percentile, in virtual time", apart: coverageStudy},
	{name: "requests", what: "service time of each request beside what its answer says, 2,000/s Poisson", live: true, run: requestsStudy},
	{name: "mm8", what: "M/M/8, ρ = 0.7, μ = 100/s, 5 minutes", live: true, run: mm8Study},
	{name: "dm1", what: "D/M/1, ρ = 0.8, μ = 100/s, 10 minutes: constant pacing", live: true, run: dm1Study},
	{name: "arrivals", what: "arrivals as written beside the Poisson process they are to be", live: true, run: arrivalsStudy},
	{name: "peers", what: "what load generators say of situations whose truth is known", apart: peersStudy},
	{name: "faults", what: "whether measurements say so when the generator is harmed", apart: faultsStudy},
}

// find gives the studies that names ask for, in the table's order.
func find(names []string) (asked []study, err error) {
	for _, name := range names {
		if name != "live" && rank(name) < 0 {
			return nil, fmt.Errorf("there is no study %q", name)
		}
	}
	for _, s := range studies {
		if slices.Contains(names, s.name) || s.live && slices.Contains(names, "live") {
			asked = append(asked, s)
		}
	}
	if len(asked) == 0 {
		return nil, fmt.Errorf("no study was named")
	}
	return asked, nil
}

// rank is a study's place, -1 when there is none.
func rank(name string) int {
	return slices.IndexFunc(studies, func(s study) bool { return s.name == name })
}

// make makes the study, and keeps what it found.
func (s study) make(ctx context.Context, b *bench) (missed bool, err error) {
	if s.apart != nil {
		missed, err = s.apart(ctx, b)
		return missed || err != nil, err
	}
	t, err := s.try(ctx, b)
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	return t.missed(), errors.Join(err, b.record(t))
}

// try makes the study's table.
func (s study) try(ctx context.Context, b *bench) (t table, err error) {
	t = table{Name: s.name, What: s.what, Day: time.Now().Format(time.DateOnly)}
	t.Bars, t.Notes, err = s.run(ctx, b)
	if err != nil {
		t.Broken = err.Error()
	}
	return t, err
}
