package capacity

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// Nobody must take loads from a figure that is none.
func TestOnlyACapacityThatWasFoundIsUsed(t *testing.T) {
	for o, usable := range map[Outcome]bool{Found: true, Unfinished: true, AtLeast: false, Nothing: false, Unstable: false, Broken: false} {
		r := Result{Outcome: o, Capacity: 100, Low: 90}
		if got := r.Unusable() == ""; got != usable {
			t.Errorf("%s is usable: %v", o, got)
		}
	}
	if r := (Result{Outcome: Unfinished}); r.Unusable() == "" {
		t.Error("a search that was over before it had a bound is usable")
	}
}

func TestClumpsCountNearTheCapacityAlone(t *testing.T) {
	at := func(rate, clump float64) Tried {
		return Tried{Ask: trial.Ask{Load: trial.Load{Rate: rate}}, Told: trial.Told{Counts: []trial.Count{{Clump: clump}}}}
	}
	r := Result{Capacity: 100, Trials: []Tried{at(50, 90), at(95, 2), at(105, 3), at(120, 80)}}
	if got := r.Clump(); got != 3 {
		t.Errorf("the clump is %v, want 3", got)
	}
	if r.Limiting = -1; r.Clump() != 0 {
		t.Error("a clump of no clause is known")
	}
}
