package selftest

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/gate"
)

func eight() Service {
	return Service{Servers: 8, Mean: 10 * time.Millisecond, Limit: 100 * time.Millisecond}
}

// What the self-test says of gates in virtual time is what they are built for.
func TestEqualServicesPassAndSlowOnesAreFound(t *testing.T) {
	n := 20
	if testing.Short() {
		n = 6
	}
	same, slower := eight().Virtual(n, 0, 0.01, true, 1), eight().Virtual(n, 0.1, 0.01, true, 1)
	t.Log(same.String())
	t.Log(slower.String())
	if same.Regressed > 0 || same.Gates != n || slower.Passed > 0 || slower.Regressed < n*9/10 {
		t.Errorf("%v; %v", &same, &slower)
	}
}

func TestInvalidGatesAreCountedApart(t *testing.T) {
	var tally Tally
	for _, v := range []gate.Verdict{gate.Pass, gate.Invalid, gate.Regression, gate.Inconclusive} {
		tally.Add(gate.Result{Verdict: v, Took: time.Minute})
	}
	if want := "+0 %: 1 of 3 false alarms (95 % interval 6.1 to 79.2 %), 1 passed, 1 inconclusive, 1.0 min in the median; 1 more were invalid"; tally.String() != want {
		t.Errorf("%s, want %s", tally.String(), want)
	}
}

// A margin within the scatter of a service makes gates that end without a verdict; one just above passes.
func TestTheLeastMarginIsThatWhichPasses(t *testing.T) {
	r := eight().One(0, 0.03, false, 1)
	least := Least(&r)
	if least <= 0.005 || least >= 0.2 {
		t.Fatalf("the least margin is %v of %+v", least, r.Metrics)
	}
	t.Logf("least margin %.3f, detects %.3f", least, r.Detectable)
	if Least(&gate.Result{}) != 0 {
		t.Error("without pairs a least margin is known")
	}
}
