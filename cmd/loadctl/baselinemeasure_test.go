package main

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A run that is stored is of trials that were all valid: the first that is not ends it, but for the one that warms up.
func TestAMeasuredRunIsOfValidTrials(t *testing.T) {
	for name, c := range map[string]struct {
		told     []string // validity of each, in turn
		made     int
		validity string
	}{
		"all valid":        {[]string{stats.Valid, stats.Valid, stats.Valid, stats.Valid}, 4, stats.Valid},
		"a spoilt warm-up": {[]string{stats.Invalid, stats.Valid, stats.Valid, stats.Valid}, 4, stats.Valid},
		"a spoilt trial":   {[]string{stats.Valid, stats.Valid, stats.Invalid, stats.Valid}, 3, stats.Invalid},
	} {
		r := &repeat{ask: gate.Config{Capacity: 100, Compare: true}.Pair(), trials: 3}
		made := 0
		for a, more := r.Next(); more && made < 10; a, more = r.Next() {
			if a.Rate != 50 || a.Number != made+1 {
				t.Errorf("%s: trial %d is %+v", name, made+1, a)
			}
			r.Tell(trial.Told{Validity: c.told[made], Counts: []trial.Count{{N: 100, Bad: 2}}})
			made++
		}
		if made != c.made || r.validity != c.validity {
			t.Errorf("%s: %d trials, %s; want %d, %s", name, made, r.validity, c.made, c.validity)
		}
		if !r.broke([]trial.Clause{{Allowed: 0.01}}) || r.broke([]trial.Clause{{Allowed: 0.02}}) {
			t.Errorf("%s: 2 %% of requests beyond the SLO are not told from what it allows", name)
		}
	}
}
