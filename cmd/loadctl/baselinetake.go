package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/coordinator/baseline"
	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/view"
)

// A taken is what a directory has for a baseline: a run with what is said of it, or a capacity.
type taken struct {
	baseline *baseline.Baseline
	run      *baseline.Judged // nil: it is a capacity
}

// takenFrom reads a run directory, or that of a capacity search.
func takenFrom(dir string) (taken, error) {
	if _, err := os.Stat(filepath.Join(dir, "study.json")); err == nil {
		return takenCapacity(dir)
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
	host, _ := os.Hostname()
	return taken{
		baseline: &baseline.Baseline{Schema: baseline.Schema, Scenario: m.Scenario.Name, ScenarioHash: m.Scenario.SHA256, Target: m.Target, Fingerprint: fingerprint(),
			Runs: []baseline.Run{{ID: m.RunID, Time: m.Started.UTC(), Host: host, Rate: rateOf(&s), Trials: 1, P50MS: milliseconds(s.ResponseMS.P50), P99MS: milliseconds(s.ResponseMS.P99),
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

func takenCapacity(dir string) (taken, error) {
	s, err := study.Open(dir)
	if err != nil {
		return taken{}, usage(err, "")
	}
	if s.Head.Kind != "capacity" {
		return taken{}, usage(fmt.Errorf("%s is a study of %s: a baseline takes a run, or a capacity search", dir, s.Head.Kind), "")
	}
	var r capacity.Result
	if err := s.ReadResult(&r); err != nil {
		return taken{}, usage(fmt.Errorf("%s: the search is not over: %w", dir, err), "go on with it first")
	}
	if r.Outcome != capacity.Found || r.Axis != capacity.Rate {
		return taken{}, usage(fmt.Errorf("%s found %s %s, which is no capacity in iterations a second that a gate can take its loads from", dir, r.Outcome, r.Axis), "search again")
	}
	return taken{baseline: &baseline.Baseline{Schema: baseline.Schema, Scenario: s.Head.Scenario, ScenarioHash: sha256Of(s.Head.Source), Fingerprint: fingerprint(), Runs: []baseline.Run{},
		Capacity: &baseline.Capacity{Value: r.Capacity, Low: r.Low, High: r.High, Elasticity: r.Elasticity, Clump: clumpNear(&r), Clauses: r.Clauses}}}, nil
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// clumpNear is how bad requests clump at loads near the capacity: the largest of the limiting clause; 0 = not known.
func clumpNear(r *capacity.Result) (clump float64) {
	for i := range r.Trials {
		t := &r.Trials[i]
		if r.Limiting < 0 || r.Limiting >= len(t.Counts) || t.Rate < 0.9*r.Capacity || t.Rate > 1.1*r.Capacity {
			continue
		}
		clump = max(clump, t.Counts[r.Limiting].Clump)
	}
	return clump
}

// fingerprint is this machine. How many agents there are is the load's matter.
func fingerprint() baseline.Fingerprint {
	f := machine.Facts()
	return baseline.Fingerprint{CPU: f.Model, Cores: f.Cores, MemoryMiB: int(f.MemoryBytes >> 20), Kernel: strings.TrimPrefix(f.Kernel, "Linux "), Version: buildID()}
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
	if t.run != nil {
		errs = append(errs, b.Accept(*t.run))
		b.Runs = append(b.Runs, t.baseline.Runs...)
	} else {
		b.Capacity = t.baseline.Capacity
	}
	return errors.Join(errs...)
}
