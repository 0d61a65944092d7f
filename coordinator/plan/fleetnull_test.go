package plan

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
)

// TestAFleetThatCannotMakeTheLoad is refused, with the machines that could; one that is late alone is told so.
func TestAFleetThatCannotMakeTheLoad(t *testing.T) {
	phase := "{name: p, executor: constant-arrival-rate, user: u, rate: 10000/s, max_vus: 400, duration: 5s}"
	s := demandOf(t, asking, phase, nil).Scenario
	for _, c := range []struct {
		saturated, keeps float64
		trials           int
		rate             float64
		refusal, warning string
	}{
		{40_000, 20_000, 2, 15_000, "", ""},
		{40_000, 12_000, 3, 11_000, "", "2 machines kept 11,000/s, 1.1 times what the file asks for, and not 1.5 times"},
		{40_000, 9_000, 3, 9_000, "", "did not keep 1.1 times the 10,000/s that the file asks for: it was late"},
		{14_000, 14_000, 2, 11_000, "", "and not 1.5 times"},
		{10_500, 10_000, 1, 10_000, "", "closed users made 10,500/s"},
		{8_000, 6_000, 1, 8_000, "2 machines made 8,000/s of these requests at most, at null targets of their own, and the load asks for 10,000/s: 4 machines like these", "closed users made 8,000/s"},
	} {
		b := &bench{saturated: c.saturated, keeps: c.keeps}
		got, err := FindFleetCeiling(s, 2, time.Second, b.try)
		if err != nil || len(b.trials) != c.trials || int(got.Rate+0.5) != int(c.rate) {
			t.Errorf("%+v: %+v by %d trials, %v", c, got, len(b.trials), err)
		}
		if err := got.Refusal(); (err == nil) != (c.refusal == "") || err != nil && !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%+v: refused %v", c, err)
		}
		if text := got.Warning(); (text == "") != (c.warning == "") || !strings.Contains(text, c.warning) {
			t.Errorf("%+v: warned %q", c, text)
		}
	}
	broken := errors.New("broken")
	if _, err := FindFleetCeiling(s, 2, time.Second, func(TrialKind, scenarios.Trial) (Tried, error) { return Tried{}, broken }); !errors.Is(err, broken) {
		t.Errorf("a trial that could not be made: %v", err)
	}
}

// TestANullRunOfAFleetIsShort: never more than three trials, none of them asking for more than 1.5 times the load, and what
// it says was made was made.
func TestANullRunOfAFleetIsShort(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.IntRange(1, 500_000).Draw(rt, "rate")
		machines := rapid.IntRange(1, 40).Draw(rt, "machines")
		s := demandOf(t, asking, "{name: p, executor: constant-arrival-rate, user: u, rate: "+strconv.Itoa(rate)+"/s, max_vus: 400, duration: 5s}", nil).Scenario
		b := &bench{saturated: rapid.Float64Range(1, 1e6).Draw(rt, "saturated")}
		b.keeps = b.saturated * rapid.Float64Range(0.06, 1).Draw(rt, "keeps")
		c, err := FindFleetCeiling(s, machines, FleetTrialLength, b.try)
		if err != nil || len(b.trials) > 3 || c.Rate > max(b.keeps, min(b.saturated, float64(rate))) {
			rt.Fatalf("%+v by %d trials, %v", c, len(b.trials), err)
		}
		for _, one := range b.trials {
			if one.Rate > min(b.saturated, littleRoom*float64(rate)*(1+rounding)) || one.Rate > 0 && one.MaxVUs < machines {
				rt.Errorf("%+v", one)
			}
		}
		if refused := c.Refusal() != nil; refused != (b.saturated < float64(rate)) {
			rt.Errorf("refused %t: %+v", refused, c)
		}
	})
}
