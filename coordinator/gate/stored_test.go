package gate

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

func TestStoredBaselinesAreRefusedWithTheRule(t *testing.T) {
	oneDay := storedRuns(12, 0.01)
	for i := range oneDay {
		oneDay[i].Time = oneDay[0].Time
	}
	lacking := storedRuns(12, 0.01)
	delete(lacking[3].Values, "p99")
	for _, c := range []struct {
		name  string
		runs  []StoredRun
		rules []string
	}{
		{"good", storedRuns(12, 0.01), nil},
		{"few", storedRuns(9, 0.01), []string{"runs"}},
		{"of one day and host", oneDay, []string{"days"}},
		{"unlike each other", storedRuns(12, 0.04), []string{"margin", "margin"}},
		{"lacking a metric", lacking, []string{"metric"}},
		{"none", []StoredRun{}, []string{"runs", "days", "metric", "metric", "metric"}},
	} {
		set := Config{Compare: true, Capacity: 100, Stored: c.runs}
		var rules []string
		if joined, ok := Admit(set).(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				var r *Refusal
				if errors.As(err, &r) {
					rules = append(rules, r.Rule)
				}
			}
		}
		if c.name != "none" && strings.Join(rules, " ") != strings.Join(c.rules, " ") {
			t.Errorf("%s: %v", c.name, Admit(set))
		}
		if r := New(set).Result(); (r.Verdict == Invalid) != (len(c.rules) > 0) || !r.Unpaired {
			t.Errorf("%s: %s: %s", c.name, r.Verdict, r.Why)
		}
	}
}

// Against stored runs the candidate's day is one of theirs: no change is no regression.
func TestUnpairedGatesKnowOfDays(t *testing.T) {
	n := gates(50, 300, 1000)
	for _, slower := range []float64{0, 0.05, 0.15} {
		var all tally
		for i := range n {
			random := rand.New(rand.NewPCG(5, uint64(i)))
			all.add(play(New(unpairedConfig(random)), dayOf(random, slower)))
		}
		t.Logf("unpaired, days differ by 1.5 %%, trials by 3 %%, %.3g %% slower: %v", 100*slower, &all)
		if slower == 0 && all.share(Regression) > 0.01 || slower == 0.05 && all.share(Pass) > 0.1 || slower == 0.15 && all.share(Regression) < 0.9 {
			t.Errorf("%.3g %% slower: %v", 100*slower, &all)
		}
	}
}

func unpairedConfig(random *rand.Rand) Config {
	c := Config{Compare: true, Capacity: 700, Margin: 0.06, Primary: []string{"p50"}}
	for i := range 15 {
		c.Stored = append(c.Stored, StoredRun{ID: strconv.Itoa(i), Time: time.Unix(int64(i)*86400, 0), Trials: 7,
			Values: map[string]float64{"p50": 0.005 * math.Exp(0.015*random.NormFloat64()+0.03*random.NormFloat64()/math.Sqrt(7))}})
	}
	return c
}

func dayOf(random *rand.Rand, slower float64) func(trial.Ask) trial.Told {
	day := 0.015 * random.NormFloat64()
	target := noisy{random: random, sigma: 0.03, change: slower}
	return func(a trial.Ask) trial.Told {
		told := target.Try(a)
		told.P50 = time.Duration(float64(told.P50) * math.Exp(day))
		return told
	}
}
