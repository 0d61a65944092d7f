package tune

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A troubled world has trials that are invalid, fail, or cannot be made.
func troubled(w world, a trial.Ask) trial.Told {
	told := w.try(a)
	random := rand.New(rand.NewPCG(w.seed+1, uint64(a.Number)))
	told.Failed = 0.001
	if of(a.Setting, "pool") == 4 {
		told.Failed = 0.5
	}
	if a.Setting["workers"] == "8" && a.Setting["pool"] == "64" {
		return trial.Told{Broken: "hook: exit 1", Took: time.Second}
	}
	if random.Float64() < 0.05 {
		told.Validity, told.Reasons = stats.Invalid, []string{"late"}
	}
	return told
}

// TestAnInterruptedTuningIsHadAgain: at any trial a new search that is told what the old one was told goes on
// as the old one does, to the same answer.
func TestAnInterruptedTuningIsHadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := world{surface: truth, noise: 0.05, spikes: 0.02, seed: rapid.Uint64().Draw(t, "seed")}
		c := gridded(doubling, w.seed)
		c.Incumbent = Setting{"pool": "16", "workers": "10"}
		c.Goal = rapid.SampledFrom([]Goal{Most, Cheapest}).Draw(t, "goal")
		if rapid.Bool().Draw(t, "capacity") {
			c.Capacity = func(s Setting, x float64) Inner { return &fakeCapacity{truth: truth(s)} }
		}
		if rapid.Bool().Draw(t, "budget") {
			c.Budget = time.Duration(rapid.Int64Range(1, 90).Draw(t, "minutes")) * time.Minute
		}
		crash := rapid.IntRange(0, 180).Draw(t, "crash")
		whole, _ := New(c)
		for a, ok := whole.Next(); ok; a, ok = whole.Next() {
			if len(whole.tried) == crash {
				whole = again(t, c, whole)
			}
			if b, _ := whole.Next(); !reflect.DeepEqual(a, b) {
				t.Fatalf("trial %d: %+v after a crash, %+v before", a.Number, b, a)
			}
			whole.Tell(troubled(w, a))
			if len(whole.tried) > 2000 {
				t.Fatal("it does not end")
			}
		}
		a, errA := json.Marshal(whole.Result())
		b, errB := json.Marshal(again(t, c, whole).Result())
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("%v %v: %s and %s", errA, errB, a, b)
		}
	})
}

// again is a new search that is told what an old one was.
func again(t *rapid.T, c Config, old *Search) *Search {
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range old.Result().Trials {
		s.Tell(v.Told)
	}
	return s
}

// A fakeCapacity takes four trials to know a capacity to 2 %.
type fakeCapacity struct {
	truth float64
	told  int
}

func (f *fakeCapacity) Next() (trial.Ask, bool) {
	return trial.Ask{Kind: "refine", Load: trial.Load{Rate: f.truth}, Length: 20 * time.Second}, f.told < 4
}

func (f *fakeCapacity) Tell(trial.Told) { f.told++ }

func (f *fakeCapacity) Result() capacity.Result {
	return capacity.Result{Outcome: capacity.Found, Capacity: f.truth, Low: 0.98 * f.truth, High: 1.02 * f.truth}
}

func TestFinalistsAreComparedByTheirCapacity(t *testing.T) {
	c := gridded(doubling, 1)
	c.Capacity = func(s Setting, x float64) Inner {
		if x < 0.7*truth(s) || x > 1.3*truth(s) {
			t.Errorf("%v: throughput %.0f of %.0f", s, x, truth(s))
		}
		return &fakeCapacity{truth: 0.8 * truth(s)}
	}
	// The limit on time is the capacity's: users who saturate break it in any setting.
	c.Clauses = []trial.Clause{{Expr: "response_time: p(99)<200ms", Allowed: 0.01}}
	w := world{surface: truth, noise: 0.03, seed: 5}
	r := run(t, c, func(a trial.Ask) trial.Told {
		told := w.try(a)
		told.Counts = []trial.Count{{N: 100, Bad: 50, Clump: 1}}
		return told
	})
	if r.Outcome != Better || r.Fitness != "capacity" || truth(r.Recommended.Setting) < 0.97*optimum || !r.Validated {
		t.Fatalf("%s: %s", r.Outcome, r.Sentence())
	}
	if got, want := r.Recommended.Value, 0.8*truth(r.Recommended.Setting); got != want {
		t.Errorf("capacity %v, want %v", got, want)
	}
	t.Log(r.Sentence())
}
