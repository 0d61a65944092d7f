package view_test

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// TestThresholdsSayWhetherTheyAreSure, without a change of whether they held.
func TestThresholdsSayWhetherTheyAreSure(t *testing.T) {
	for _, c := range []struct {
		name  string
		story sample.Story
		held  bool
		doubt string
	}{
		{"long and steady", sample.Healthy(), true, ""},
		{"ten seconds", sample.Story{Seconds: 10, Rate: 100}, true, "in a long run 0–"},
		{"one freeze", sample.Troubled(), false, "in a long run 0–"},
	} {
		v := view.New(sample.Run(c.story))
		limit, sure := v.Thresholds[0], v.Summary().Thresholds[0].Sure
		if limit.Held != c.held || !strings.HasPrefix(limit.Doubt(), c.doubt) || (limit.Doubt() == "") != (c.doubt == "") {
			t.Errorf("%s: held %v, doubt %q", c.name, limit.Held, limit.Doubt())
		}
		slower := v.Summary().Thresholds[0].Slower
		if sure == nil || *sure != (c.doubt == "") || slower == nil || slower.Allowed != 0.01 || slower.Low > slower.Share || slower.High < slower.Share {
			t.Errorf("%s: summary %v, %+v", c.name, sure, slower)
		}
		if s := v.Summary().Thresholds[1]; s.Sure != nil || s.Slower != nil {
			t.Errorf("%s: nothing is known of %s, but %+v", c.name, s.Expr, s)
		}
	}
}

func TestDoubtsInWords(t *testing.T) {
	interval := func(low, high float64, reliable bool) *stats.LimitInterval {
		return &stats.LimitInterval{FractionInterval: stats.FractionInterval{Low: low, High: high}, Allowed: 0.01, Reliable: reliable}
	}
	for _, c := range []struct {
		slower *stats.LimitInterval
		want   string
	}{
		{nil, ""},
		{interval(0.001, 0.009, true), ""},
		{interval(0.02, 0.4, true), ""},
		{interval(0.0042, 0.016, true), "in a long run 0.42–1.6 % are slower or fail"},
		{interval(0, 1, false), "in a long run 0–100 % are slower or fail"},
		{interval(0.001, 0.009, false), "too few episodes of slow requests"},
	} {
		if got := (&view.Threshold{Slower: c.slower}).Doubt(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.slower, got, c.want)
		}
	}
}

// TestOlderRunsHaveNoDoubts: what was not counted is not known.
func TestOlderRunsHaveNoDoubts(t *testing.T) {
	v := view.New(older(sample.Troubled()))
	if s := v.Summary().Thresholds[0]; v.Thresholds[0].Doubt() != "" || s.Sure != nil || s.Slower != nil {
		t.Errorf("%q, %+v", v.Thresholds[0].Doubt(), s)
	}
}
