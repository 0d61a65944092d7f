package tune

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
)

// restarted has tunings by capacity, with as many seeds: how many find something better. Capacities are known to 2 %, and
// closed users get of a setting what served says, with noise of 5 %.
func restarted(t *testing.T, grid string, holds func(Setting) float64, served func(a trial.Ask) float64) (share float64, last Result) {
	t.Helper()
	better, values := 0, strings.Fields(grid)
	for i := range many() {
		c := Config{Params: []Param{{Name: "queue", Values: values, CostEach: 1}}, Incumbent: Setting{"queue": values[0]}, Load: trial.Load{Users: 256}, Seed: uint64(i)}
		c.Capacity = func(s Setting, _ float64) Inner {
			random := rand.New(rand.NewPCG(uint64(i), uint64(of(s, "queue"))))
			return &endedCapacity{end: about(holds(s) * math.Exp(0.01*random.NormFloat64()))}
		}
		last = run(t, c, func(a trial.Ask) trial.Told {
			return world{surface: func(Setting) float64 { return served(a) }, noise: 0.05, seed: uint64(i)}.try(a)
		})
		count(&better, last.Outcome == Better && last.Validated)
	}
	return float64(better) / float64(many()), last
}

func sameForAll(trial.Ask) float64 { return 500 }

// more is a fifth more capacity in any setting but the one in force.
func more(s Setting) float64 {
	if s["queue"] == "4" {
		return 500
	}
	return 600
}

// Three others or fewer go to the finals at once, so that no throughput is compared before them; more are parted by it.
const (
	few     = "4 8"
	several = "4 8 16 32"
	parted  = "4 8 16 32 64 128 256"
)

// TestAGainOfCapacityNeedsNoThroughput: a queue's limit, or a balancer's algorithm, may hold more within the limits and
// serve users who saturate just as much. By the sign of their throughput two in five were refused.
func TestAGainOfCapacityNeedsNoThroughput(t *testing.T) {
	for _, grid := range []string{few, several, parted} {
		share, last := restarted(t, grid, more, sameForAll)
		t.Logf("%s: better %.2f, such as %s", grid, share, last.Why)
		if share < 0.95 {
			t.Errorf("%s: all others hold +20 %%: better in %.2f", grid, share)
		}
	}
	for _, grid := range []string{few, several, parted} {
		share, _ := restarted(t, grid, flat, sameForAll)
		if t.Logf("%s, all alike: better %.2f", grid, share); share > 0.05 {
			t.Errorf("%s: all hold the same: better in %.2f", grid, share)
		}
	}
}

// TestLessThroughputIsNoVeto where it was less before the fresh start too: it is capacity that is compared.
func TestLessThroughputIsNoVeto(t *testing.T) {
	share, last := restarted(t, few, more, func(a trial.Ask) float64 {
		if a.Setting["queue"] == "8" {
			return 470
		}
		return 500
	})
	if t.Logf("better %.2f, such as %s", share, last.Why); share < 0.95 {
		t.Errorf("better in %.2f", share)
	}
}

// TestAGainThatAFreshStartLosesIsNotRecommended: what closed users got more of was the warm state of one process.
func TestAGainThatAFreshStartLosesIsNotRecommended(t *testing.T) {
	share, last := restarted(t, few, more, func(a trial.Ask) float64 {
		if a.Setting["queue"] == "8" && a.Restart {
			return 375
		}
		return 500
	})
	if t.Logf("better %.2f, such as %s", share, last.Why); share > 0.05 || !strings.Contains(last.Why, "has more capacity (+") || !strings.Contains(last.Why, "but lost throughput after a fresh start") {
		t.Errorf("better in %.2f; %s", share, last.Why)
	}
}

// TestAMachineThatIsDisturbedIsWaitedFor, as both settings have been measured: their fresh start meets six invalid trials in a row.
func TestAMachineThatIsDisturbedIsWaitedFor(t *testing.T) {
	c := byEnds(map[string]capacity.Result{"4": about(500), "8": about(600)}, "4", "8")
	try := func(most int) func(trial.Ask) trial.Told {
		spoilt := 0
		return func(a trial.Ask) trial.Told {
			told := world{surface: flat, noise: 0.01, seed: 3}.try(a)
			if a.Restart && spoilt < most {
				spoilt++
				told.Validity, told.Reasons = "invalid", []string{"late"}
			}
			return told
		}
	}
	if r := run(t, c, try(6)); r.Outcome != Better {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
	if r := run(t, c, try(7)); r.Outcome == Better || r.Outcome == Broken {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
}
