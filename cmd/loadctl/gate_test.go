package main

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/gate"
)

func TestExitCodesOfAGate(t *testing.T) {
	for _, c := range []struct {
		r    gate.Result
		on   string
		want int
	}{
		{gate.Result{Verdict: gate.Pass}, "keep", 0},
		{gate.Result{Verdict: gate.Regression}, "pass", 98},
		{gate.Result{Verdict: gate.Inconclusive}, "keep", 3},
		{gate.Result{Verdict: gate.Inconclusive}, "fail", 98},
		{gate.Result{Verdict: gate.Inconclusive}, "pass", 0},
		{gate.Result{Verdict: gate.Invalid}, "pass", 97},
		{gate.Result{Verdict: gate.Invalid, Broken: gate.Base}, "pass", 1},
		{gate.Result{}, "pass", 97},
	} {
		if got := gateExit(&c.r, c.on); got != c.want {
			t.Errorf("%q on inconclusive %s exits %d, want %d", c.r.Verdict, c.on, got, c.want)
		}
	}
}

func TestSharesAreReadBothWays(t *testing.T) {
	for text, want := range map[string]float64{"5%": 0.05, "0.05": 0.05, "2.5%": 0.025} {
		var s share
		if err := s.Set(text); err != nil || float64(s) != want {
			t.Errorf("%s is %v, %v", text, float64(s), err)
		}
	}
	for _, text := range []string{"", "5", "0", "-1%", "100%", "NaN", "five"} {
		if err := new(share).Set(text); err == nil {
			t.Errorf("%q is a share", text)
		}
	}
}
