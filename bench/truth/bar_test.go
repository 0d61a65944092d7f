package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

var ms = unit{"%.2f", " ms"}

func TestABarSaysWhetherItWasKept(t *testing.T) {
	for _, c := range []struct {
		b    bar
		want string
	}{
		{atMost("lag", 0.5, 1, ms), "lag|0.50 ms|||≤ 1.00 ms|kept"},
		{atMost("lag", 1.01, 1, ms), "lag|1.01 ms|||≤ 1.00 ms|MISSED"},
		{atMost("lag", math.NaN(), 1, ms), "lag|NaN ms|||≤ 1.00 ms|MISSED"},
		{atLeast("windows", 97, 97, unit{"%.1f", " %"}), "windows|97.0 %|||≥ 97.0 %|kept"},
		{atLeast("windows", 96.9, 97, unit{"%.1f", " %"}), "windows|96.9 %|||≥ 97.0 %|MISSED"},
		{within("p99", 104.4, 100, 0.04, 0.5, ms), "p99|104.40 ms|100.00 ms|+4.40 %|± 4 % + 0.50 ms|kept"},
		{within("p99", 95.4, 100, 0.04, 0.5, ms), "p99|95.40 ms|100.00 ms|-4.60 %|± 4 % + 0.50 ms|MISSED"},
		{within("p99", 95, 100, 0.05, 0, ms), "p99|95.00 ms|100.00 ms|-5.00 %|± 5 %|kept"},
		{beside("p99", 95, 100, ms), "p99|95.00 ms|100.00 ms|-5.00 %||"},
		{beside("slope", 1, 0, ms), "slope|1.00 ms|0.00 ms|1.00 ms||"},
		{shown("rows", 3, unit{"%.0f", ""}), "rows|3||||"},
	} {
		if got := strings.Join(c.b.cells(), "|"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestATableIsMissedWhenAnyOfItIs(t *testing.T) {
	kept, missed := atMost("lag", 1, 2, ms), atMost("lag", 3, 2, ms)
	for _, c := range []struct {
		t    table
		want bool
	}{
		{table{Bars: []bar{kept, shown("rows", 1, ms)}}, false},
		{table{Bars: []bar{kept, missed}}, true},
		{table{Bars: []bar{kept}, Broken: "the server went away"}, true},
	} {
		if got := c.t.missed(); got != c.want {
			t.Errorf("%+v: %v", c.t, got)
		}
	}
}

func TestStudiesAreFoundByName(t *testing.T) {
	asked, err := find([]string{"coverage"})
	if err != nil || len(asked) != 1 || asked[0].name != "coverage" {
		t.Errorf("%v, %v", asked, err)
	}
	for _, bad := range [][]string{nil, {"covrage"}} {
		if asked, err := find(bad); err == nil {
			t.Errorf("%v gave %v", bad, asked)
		}
	}
	if !slices.IsSortedFunc(studies, func(a, b study) int { return rank(a.name) - rank(b.name) }) {
		t.Error("a name stands twice")
	}
}
