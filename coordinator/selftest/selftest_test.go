package selftest

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/gate"
)

func eight() Service {
	return Service{Servers: 8, Mean: 10 * time.Millisecond, Limit: 100 * time.Millisecond}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{0, 60, 0, 0.0602}, {0, 300, 0, 0.0126}, {9, 10, 0.5958, 0.9821}, {0, 0, 0, 1}, {10, 10, 0.7225, 1}} {
		low, high := Wilson(c.k, c.n)
		if math.Abs(low-c.low) > 1e-3 || math.Abs(high-c.high) > 1e-3 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
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
	r := eight().one(0, 0.03, false, 1)
	least := Least(&r)
	if least <= 0.005 || least >= 0.2 {
		t.Fatalf("the least margin is %v of %+v", least, r.Metrics)
	}
	t.Logf("least margin %.3f, detects %.3f", least, r.Detectable)
	if Least(&gate.Result{}) != 0 {
		t.Error("without pairs a least margin is known")
	}
}
