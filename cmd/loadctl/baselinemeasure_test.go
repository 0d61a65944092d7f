package main

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A run that is stored is of valid trials: others are made again, until that is too often.
func TestAMeasuredRunIsOfValidTrials(t *testing.T) {
	const good, bad = stats.Valid, stats.Invalid
	for name, c := range map[string]struct {
		told     []string // validity of each, in turn
		validity string
	}{
		"all valid":        {[]string{good, good, good}, good},
		"a spoilt warm-up": {[]string{bad, good, good}, good},
		"a spoilt trial":   {[]string{good, good, bad, good}, good},
		"a busy machine":   {[]string{good, bad, good, bad, bad}, bad},
	} {
		r := &repeat{ask: gate.Config{Capacity: 100, Compare: true}.Pair(), trials: 2}
		made := 0
		for a, more := r.Next(); more && made < len(c.told); a, more = r.Next() {
			if a.Rate != 50 || a.Number != made+1 {
				t.Errorf("%s: trial %d is %+v", name, made+1, a)
			}
			r.Tell(trial.Told{Validity: c.told[made], Counts: []trial.Count{{N: 100, Bad: 2}}})
			made++
		}
		if _, more := r.Next(); more || made != len(c.told) {
			t.Errorf("%s: %d trials, and more are wanted: %v", name, made, more)
		}
		j := r.judged([]trial.Clause{{Allowed: 0.01}})
		if j.Validity != c.validity || j.Verdict != "fail" || r.judged([]trial.Clause{{Allowed: 0.02}}).Verdict != "" {
			t.Errorf("%s: judged %+v", name, j)
		}
	}
}
