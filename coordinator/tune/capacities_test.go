package tune

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

// An endedCapacity is a search that comes to the same end after two trials.
type endedCapacity struct {
	fakeCapacity
	end capacity.Result
}

func (f *endedCapacity) Next() (trial.Ask, bool) {
	a, _ := f.fakeCapacity.Next()
	return a, f.told < 2
}

func (f *endedCapacity) Result() capacity.Result {
	if f.told < 2 {
		return capacity.Result{Outcome: capacity.Unfinished}
	}
	return f.end
}

// byEnds is a tuning of one parameter whose settings' capacities end like this; the first is in force.
func byEnds(ends map[string]capacity.Result, values ...string) Config {
	return Config{Params: []Param{{Name: "pool", Values: values, CostEach: 1}}, Incumbent: Setting{"pool": values[0]}, Load: trial.Load{Users: 256},
		Capacity: func(s Setting, _ float64) Inner { return &endedCapacity{end: ends[s["pool"]]} }}
}

func about(c float64) capacity.Result {
	return capacity.Result{Outcome: capacity.Found, Capacity: c, Low: 0.98 * c, High: 1.02 * c}
}

func atLeast(c float64) capacity.Result {
	return capacity.Result{Outcome: capacity.AtLeast, Capacity: c, Low: c, Why: "the generator was at its limit"}
}

func nothing(why string) capacity.Result {
	return capacity.Result{Outcome: capacity.Nothing, Why: why}
}

// ended runs a tuning to its end in a world where all settings serve the same.
func ended(t *testing.T, c Config) Result {
	t.Helper()
	r := run(t, c, world{surface: flat, noise: 0.01, seed: 3}.try)
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	return r
}

// TestACapacityKnownFromBelowIsNotBeaten: "≥ 700" may be 900, so that 760 is no gain.
func TestACapacityKnownFromBelowIsNotBeaten(t *testing.T) {
	r := ended(t, byEnds(map[string]capacity.Result{"4": atLeast(700), "8": about(760)}, "4", "8"))
	if r.Outcome != NoChange || !strings.Contains(r.Why, "known from below alone, ≥ 700: the generator was at its limit") {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
	for _, v := range r.Scores {
		if v.Setting["pool"] == "8" && (v.Low > -0.99 || v.High > 0.15) {
			t.Errorf("%+v", v)
		}
	}
}

// TestTheCheaperIsNotAsGoodAsWhatIsKnownFromBelow: the best holds 1,000 or more, and nobody knows that 995 is as good.
func TestTheCheaperIsNotAsGoodAsWhatIsKnownFromBelow(t *testing.T) {
	ends := map[string]capacity.Result{"4": about(500), "8": {Outcome: capacity.Found, Capacity: 995, Low: 994, High: 996}, "16": atLeast(1000)}
	r := ended(t, byEnds(ends, "4", "8", "16"))
	if r.Outcome != Better || r.Recommended.Setting["pool"] != "16" || !strings.Contains(r.Sentence(), "[96, more]") {
		t.Errorf("%s: %v: %s", r.Outcome, r.Recommended.Setting, r.Sentence())
	}
}

// TestWhatHoldsIsBetterThanWhatHoldsNothing.
func TestWhatHoldsIsBetterThanWhatHoldsNothing(t *testing.T) {
	ends := map[string]capacity.Result{"4": nothing("p99 is 300 ms with nobody else there"), "8": about(700), "16": about(900)}
	r := ended(t, byEnds(ends, "4", "8", "16"))
	if r.Outcome != Better || r.Recommended.Setting["pool"] != "16" || !strings.Contains(r.Why, "pool 16 holds 900/s") {
		t.Errorf("%s: %v: %s", r.Outcome, r.Recommended.Setting, r.Why)
	}
	if r.Recommended.Fitness != byThroughput || !strings.Contains(r.Sentence(), "throughput vs current") {
		t.Errorf("the gain is of throughput, as there is no other: %+v: %s", r.Recommended, r.Sentence())
	}
	ends["8"], ends["16"] = nothing("so is its"), nothing("so is its")
	if r := ended(t, byEnds(ends, "4", "8", "16")); r.Outcome != Nothing || len(r.Refused) != 2 {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
	ends["4"] = capacity.Result{Outcome: capacity.Broken, Why: "gone"}
	if r := ended(t, byEnds(ends, "4", "8", "16")); r.Outcome != Broken {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
}

// TestGainsOfTwoKindsAreNotCompared: the best has 6 % more capacity, and what did not come to the finals had 7 % more
// throughput, which says nothing of its capacity.
func TestGainsOfTwoKindsAreNotCompared(t *testing.T) {
	values := []string{"4", "8", "16", "32", "64", "65", "66", "67", "68", "69", "70", "71", "72", "73"}
	served := map[string]float64{"4": 500, "8": 660, "16": 655, "32": 650, "64": 536, "65": 535}
	ends := map[string]capacity.Result{}
	for _, v := range values {
		served[v] = max(served[v], 500)
		ends[v] = capacity.Result{Outcome: capacity.Found, Capacity: 530, Low: 529, High: 531}
	}
	ends["4"] = capacity.Result{Outcome: capacity.Found, Capacity: 500, Low: 499, High: 501}
	w := world{surface: func(s Setting) float64 { return served[s["pool"]] }, noise: 0.001, seed: 1}
	r := run(t, byEnds(ends, values...), w.try)
	if r.Outcome != Better || r.Best.Fitness != byCapacity || math.Abs(r.Best.Gain-0.06) > 0.001 || r.Best.Closed < 0.29 {
		t.Fatalf("%s: %+v", r.Outcome, r.Best)
	}
	kinds := map[string]string{}
	for i, v := range r.Scores {
		kinds[v.Setting["pool"]] = v.Fitness
		if i > 0 && r.Scores[i-1].Fitness == byThroughput && v.Fitness == byCapacity {
			t.Errorf("scores of two kinds are mixed: %+v", v)
		}
	}
	for _, s := range r.Plateau {
		if kinds[s["pool"]] != byCapacity {
			t.Errorf("pool %s is on the plateau, and its capacity is not known", s["pool"])
		}
	}
	if len(r.Plateau) < 2 {
		t.Errorf("plateau %v", r.Plateau)
	}
}

// TestOneBrokenTrialInASearchIsItsOwn: a real search for a capacity repeats it once, and the tuning goes on.
func TestOneBrokenTrialInASearchIsItsOwn(t *testing.T) {
	c := Config{Params: []Param{{Name: "servers", Values: []string{"2", "4"}}}, Incumbent: Setting{"servers": "2"}, Load: trial.Load{Users: 64},
		Capacity: func(_ Setting, throughput float64) Inner {
			return capacity.New(capacity.Config{Clauses: []trial.Clause{{Expr: "p(99)<100ms", Allowed: 0.01}}, Start: throughput / 2, Budget: 2 * time.Minute})
		}}
	broken := map[string]int{}
	r := run(t, c, func(a trial.Ask) trial.Told {
		servers := of(a.Setting, "servers")
		if a.Users > 0 {
			return trial.Told{Validity: stats.Valid, Throughput: float64(100 * servers), Took: a.Settle + a.Length}
		}
		if broken[a.Setting["servers"]]++; broken[a.Setting["servers"]] == 3 {
			return trial.Told{Broken: "connection refused", Took: time.Second}
		}
		q := virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: servers},
			Limits: []virtual.Limit{{Above: 100 * time.Millisecond, Allowed: 0.01}}, Seed: 7}
		return q.Try(a)
	})
	if r.Outcome != Better || r.Recommended.Setting["servers"] != "4" {
		t.Errorf("%s: %s", r.Outcome, r.Why)
	}
}
