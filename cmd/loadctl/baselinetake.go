package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// A taken is what a directory has for a baseline: a run with what is said of it, a capacity, or both.
type taken struct {
	baseline *baseline.Baseline
	run      *baseline.Judged // nil: there is none
}

// takenFrom reads a run directory, or that of a capacity search or a gate.
func takenFrom(dir string) (taken, error) {
	if isStudy(dir) {
		return takenStudy(dir)
	}
	m, s, err := runfile.Glance(dir)
	if err != nil {
		return taken{}, usage(err, "name the directory of a finished run, or of a capacity search")
	}
	milliseconds := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	if err := madeByOthers(m.Machine); err != nil {
		return taken{}, err
	}
	if err := madeElsewhere(m.Machine); err != nil {
		return taken{}, usage(err, "set it where it was made")
	}
	return taken{
		baseline: &baseline.Baseline{Schema: baseline.Schema, Scenario: m.Scenario.Name, ScenarioHash: m.Scenario.SHA256, Vars: varsGiven(m.Args), Target: m.Target, Fingerprint: fingerprintOf(nil),
			Runs: []baseline.Run{{ID: m.RunID, Time: m.Started.UTC(), Rate: rateOf(&s), Trials: 1, P50MS: milliseconds(s.ResponseMS.P50), P99MS: milliseconds(s.ResponseMS.P99),
				Failed: s.FailedRate, Throughput: s.ThroughputRPS}}},
		run: &baseline.Judged{ID: m.RunID, Validity: m.Validity, Reasons: s.Validity.Reasons, Verdict: m.Verdict, Scenario: m.Scenario.SHA256},
	}, nil
}

// rateOf is the iterations a second that were due.
func rateOf(s *view.Summary) float64 {
	if s.LoadS <= 0 {
		return 0
	}
	return float64(s.Iterations.Intended) / s.LoadS
}

// takenStudy reads the directory of a search: a capacity, or a gate.
func takenStudy(dir string) (taken, error) {
	s, err := study.Open(dir)
	if err != nil {
		return taken{}, usage(err, "")
	}
	if err := notHere(&s.Head); err != nil {
		return taken{}, err
	}
	switch s.Head.Kind {
	case "capacity":
		return takenCapacity(s)
	case "gate":
		return takenGate(s)
	}
	return taken{}, usage(fmt.Errorf("%s is a study of %s: a baseline takes a run, a capacity search or a gate", dir, s.Head.Kind), "")
}

// blank is a baseline of what a study searched, where it was made.
func blank(h *study.Head) *baseline.Baseline {
	return &baseline.Baseline{Schema: baseline.Schema, Scenario: h.Scenario, ScenarioHash: sha256Of(h.Source), Fingerprint: fingerprintOf(h.Place), Runs: []baseline.Run{}}
}

func takenCapacity(s *study.Study) (taken, error) {
	var r capacity.Result
	if err := s.ReadResult(&r); err != nil {
		return taken{}, usage(fmt.Errorf("%s: the search is not over: %w", s.Dir(), err), "go on with it first")
	}
	said, err := saidOf(&s.Head)
	if err != nil {
		return taken{}, usage(fmt.Errorf("%s: options: %w", s.Dir(), err), "")
	}
	if said.Config.Connections > 0 || len(said.Levels) > 0 {
		return taken{}, usage(fmt.Errorf("%s held connections open during the search, which a gate does not: its capacity is of another load", s.Dir()), "store that of a search without --connections")
	}
	if r.Outcome != capacity.Found || r.Axis != capacity.Rate {
		return taken{}, usage(fmt.Errorf("%s found %s %s, which is no capacity in iterations a second that a gate can take its loads from", s.Dir(), r.Outcome, r.Axis), "search again")
	}
	t := taken{baseline: blank(&s.Head)}
	t.baseline.Vars = said.vars()
	t.baseline.Capacity = &baseline.Capacity{Value: r.Capacity, Low: r.Low, High: r.High, Elasticity: r.Elasticity, Clump: r.Clump(), Clauses: r.Clauses}
	return t, nil
}

// takenGate takes what a gate found of its baseline: the capacity, where it had to search for it, and the trials at
// half of it as a run.
func takenGate(s *study.Study) (t taken, err error) {
	var r gate.Result
	if err := s.ReadResult(&r); err != nil {
		return t, usage(fmt.Errorf("%s: the gate is not over: %w", s.Dir(), err), "go on with it first")
	}
	if r.Verdict == gate.Invalid {
		return t, usage(fmt.Errorf("%s is invalid: %s", s.Dir(), r.Why), "")
	}
	said, err := saidOf(&s.Head)
	if err != nil {
		return t, usage(fmt.Errorf("%s: options: %w", s.Dir(), err), "")
	}
	t.baseline = blank(&s.Head)
	if found, err := study.Open(filepath.Join(s.Dir(), "capacity")); err == nil {
		if t, err = takenCapacity(found); err != nil {
			return t, err
		}
	}
	t.baseline.Vars = said.vars()
	if run, ok := runOf(s, baseTrials(&r)); ok {
		t.baseline.Runs = []baseline.Run{run}
		t.run = &baseline.Judged{ID: run.ID, Validity: stats.Valid, Scenario: t.baseline.ScenarioHash}
	}
	if t.run == nil && t.baseline.Capacity == nil {
		return t, usage(fmt.Errorf("%s says nothing to be stored of its baseline: its capacity was given, and no pairs were made", s.Dir()), "store a capacity search, or a gate without --short")
	}
	return t, nil
}

// baseTrials are the trials of the baseline beside its candidate that counted.
func baseTrials(r *gate.Result) (all []study.Line) {
	for i := range r.Trials {
		if t := &r.Trials[i]; t.Used && t.Kind == gate.Pairs && t.Side == gate.Base {
			all = append(all, study.Line{Ask: t.Ask, Told: t.Told})
		}
	}
	return all
}

// runOf is one stored run of trials at one load: geometric means of response times, means of the rest. Not ok: there
// are none, or of some most requests failed.
func runOf(s *study.Study, trials []study.Line) (r baseline.Run, ok bool) {
	r = baseline.Run{ID: s.Head.ID, Time: s.Head.Started.UTC(), Trials: len(trials)}
	if s.Head.Place != nil {
		r.Host = s.Head.Place.Host
	}
	var p50, p99 float64
	for i := range trials {
		t, n := &trials[i].Told, float64(len(trials))
		if t.P50 <= 0 || t.P99 <= 0 {
			return r, false
		}
		p50 += math.Log(1000*t.P50.Seconds()) / n
		p99 += math.Log(1000*t.P99.Seconds()) / n
		r.Failed += t.Failed / n
		r.Throughput += t.Throughput / n
		r.CPU += t.TargetCPU / n
		r.Rate = trials[i].Ask.Rate
	}
	r.P50MS, r.P99MS = math.Exp(p50), math.Exp(p99)
	return r, len(trials) > 0
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// accepted says why what was taken must not be stored.
func (t *taken) accepted(in *baseline.Baseline) error {
	if t.run == nil {
		return nil
	}
	alone := *in
	alone.Runs = nil
	return alone.Accept(*t.run)
}

// joined puts what was taken into a baseline that is there, unless it is of another scenario or machine.
func joined(b *baseline.Baseline, t *taken) error {
	var errs []error
	for _, d := range b.Differences(t.baseline) {
		if d.Refuses {
			errs = append(errs, errors.New(d.String()))
		}
	}
	// A gate that searched has pairs at half of what it found itself: they are of the capacity that is there, or of none.
	if c := t.baseline.Capacity; c != nil && (b.Capacity == nil || t.run == nil) {
		b.Capacity = c
	}
	if t.run != nil {
		errs = append(errs, b.Accept(*t.run))
		if b.Capacity != nil {
			set := gate.Config{Capacity: b.Capacity.Low}
			added := baseline.Baseline{Runs: t.baseline.Runs}
			errs = append(errs, added.AtLoad(set.Pair().Rate))
		}
		b.Runs = append(b.Runs, t.baseline.Runs...)
	}
	return errors.Join(errs...)
}
