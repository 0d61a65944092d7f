package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/selftest"
	"github.com/loadctl/loadctl/coordinator/sides"
)

// runOwnSelftest compares a service with itself.
func runOwnSelftest(ctx context.Context, out, errw io.Writer, args []string, o selftestOptions) error {
	source, err := o.own(args)
	if err != nil {
		return err
	}
	controls := newControls(ctx)
	defer controls.close()
	return controls.unlessHurried("", func() error { return o.withItself(controls.early, out, errw, args[0], source) })
}

// withItself makes the gates, and tells after each what is counted.
func (o *selftestOptions) withItself(ctx context.Context, out, errw io.Writer, file string, source sides.Source) error {
	t, found, known := selftest.Tally{}, gate.Result{}, knownCapacity{capacity: o.capacity}
	for n := range max(1, o.aa) {
		g := o.gate(errw, file, gateSides{source, source}, o.seed+uint64(n))
		g.hold = false // it is as sure as the capacity is steep, which a gate says beside its verdict
		r, err := g.once(ctx, known)
		if errors.Is(err, context.Canceled) {
			return &failure{code: exitInterrupted}
		}
		if err != nil {
			return err
		}
		if r.Broken != "" {
			return &failure{exitFailed, errors.New(r.Why), ""}
		}
		if len(r.Trials) > 0 {
			known.capacity = 2 * r.Trials[0].Rate // pairs are made at half of it
		}
		t.Add(r)
		found = noisier(found, r)
		fmt.Fprintf(out, "%d: %s: %s\n%v\n", n+1, r.Verdict, r.Why, &t)
	}
	return tellOwn(out, o, &t, &found)
}

func (o *selftestOptions) own(args []string) (s sides.Source, err error) {
	errs := []error{o.validate()}
	if len(args) == 0 {
		errs = append(errs, errors.New("want the scenario FILE of --target"))
	}
	s, err = side("--target", o.target)
	if err == nil && !s.Live() {
		err = fmt.Errorf("--target %s: it must be a URL or cmd:FILE", o.target)
	}
	if err := errors.Join(append(errs, err)...); err != nil {
		return s, usage(err, "")
	}
	return s, nil
}

// noisier is the result that asks for the wider margin.
func noisier(a, b gate.Result) gate.Result {
	if selftest.Least(&b) > selftest.Least(&a) {
		return b
	}
	return a
}

// tellOwn says what margins this service allows, and refuses one that is below.
func tellOwn(out io.Writer, o *selftestOptions, t *selftest.Tally, r *gate.Result) error {
	least := selftest.Least(r)
	switch {
	case t.Gates == 0:
		return &failure{exitInvalid, errors.New("no gate said anything: the machine or the service was disturbed"), "try again when the machine has nothing else to do"}
	case least == 0:
		return &failure{exitInconclusive, errors.New("how far the figures of this service scatter is not known: there were too few pairs"), "raise --budget"}
	case least > float64(o.margin):
		return usage(fmt.Errorf("--margin %s is refused: the figures of this service differ by so much from trial to trial that a gate passes what did not change only with a margin of %.1f %% or more",
			o.margin.String(), 100*least), "a longer --budget, or a machine with less beside it, allows a smaller one")
	}
	fmt.Fprintf(out, "--margin %s can be used: the least that this service allows here is %.1f %%, and at %s a change of %.1f %% is found nine times in ten\n",
		o.margin.String(), 100*least, o.margin.String(), 100*r.Detectable)
	if t.Regressed > 0 {
		return &failure{exitRegression, fmt.Errorf("%d of %d gates called the service worse than itself", t.Regressed, t.Gates), "something else changes during a gate: look at its report"}
	}
	return nil
}
