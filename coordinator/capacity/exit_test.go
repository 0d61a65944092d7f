package capacity

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// TestExitCodesSayWhatWasFound, or that the generator was.
func TestExitCodesSayWhatWasFound(t *testing.T) {
	invalid := Tried{Told: trial.Told{Validity: stats.Invalid}}
	for _, c := range []struct {
		r    Result
		want int
	}{
		{Result{Outcome: Found}, 0},
		{Result{Outcome: AtLeast, Verified: 7, Trials: []Tried{invalid}}, 0},
		{Result{Outcome: AtLeast, Trials: []Tried{{}, invalid}}, 97},
		{Result{Outcome: Nothing}, 99},
		{Result{Outcome: Unstable}, 3},
		{Result{Outcome: Unfinished}, 3},
		{Result{Outcome: Broken, Trials: []Tried{invalid, invalid}}, 97},
		{Result{Outcome: Broken, Trials: []Tried{invalid, {Told: trial.Told{Broken: "gone"}}}}, 1},
	} {
		if got := c.r.ExitCode(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.r, got, c.want)
		}
	}
}
