package view_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestReportSaysHowArrivalsCame: with the law where it was tested, and in numbers.
func TestReportSaysHowArrivalsCame(t *testing.T) {
	poisson := stats.ArrivalTest{Due: 1000, N: 1000, D: 0.01, Steepest: 1, Dispersion: 1.02, Bins: 100, MaxGap: 5e6}
	bad := poisson
	bad.D, bad.Overdue = 0.06, 30
	even := stats.ArrivalTest{Due: 1000, MaxGap: 1e6, Gap: 1e6}
	for _, c := range []struct {
		law        string
		tests      []stats.ArrivalTest
		want, json string
	}{
		{"poisson", []stats.ArrivalTest{poisson, poisson, bad},
			"Poisson, as the schedule says: Kolmogorov–Smirnov p > 0.01 in 2 of 3 s (chance alone fails 1 in 100); dispersion 1.02; 30 of 3\u2009000 not taken up in time",
			`"issued_ratio":0.99,"law":{"tested":3,"passed":2,"dispersion":1.02}`},
		{"uniform", []stats.ArrivalTest{even}, "evenly spaced; all taken up in time", `"issued_ratio":1,"law":{"tested":0,"passed":0,"dispersion":null}`},
		{"", nil, "", `"issued_ratio":null,"law":{"tested":0,"passed":0,"dispersion":null}`},
	} {
		r := &stats.Run{}
		layout := &stats.Layout{Phases: []stats.PhaseKey{{Name: "load", Recorded: true}}}
		r.Apply(stats.Update{Started: &stats.Started{Info: stats.Info{Arrivals: c.law}, Layout: layout}})
		for i, test := range c.tests {
			w := &stats.Window{Index: int64(i), Merged: &stats.Snapshot{}}
			w.Agents = []stats.AgentWindow{{Name: "a", Arrivals: []stats.ArrivalTest{test}}}
			r.Apply(stats.Update{Window: w})
		}
		v := view.New(r)
		if v.Arrivals != c.want {
			t.Errorf("%q, want %q", v.Arrivals, c.want)
		}
		if got, err := json.Marshal(v.Summary().Load); err != nil || !strings.Contains(string(got), c.json) {
			t.Errorf("%s, %v; want %s", got, err, c.json)
		}
	}
	if words := view.New(older(sample.Story{})).Arrivals; words != "" {
		t.Errorf("a run that told nothing says %q", words)
	}
}
