package stats

import (
	"strings"
	"testing"
)

// TestHeadroomDegradesAtMost: what a machine was once measured to make is no effect on
// this run.
func TestHeadroomDegradesAtMost(t *testing.T) {
	for name, c := range map[string]struct {
		asked, ceiling float64
		want           string
	}{
		"not measured":      {1000, 0, Valid},
		"not known":         {0, 1000, Valid},
		"enough":            {1000, 1100, Valid},
		"no room":           {1000, 1099, Degraded},
		"far beyond it all": {100_000, 1000, Degraded},
	} {
		got := JudgeValidity(&Run{Layout: &Layout{}, Info: Info{Requests: c.asked, Ceiling: c.ceiling}})
		if got.Verdict != c.want {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
		if c.want == Degraded && !strings.Contains(got.Reasons[0], "no room") {
			t.Errorf("%s: %q", name, got.Reasons)
		}
	}
}
