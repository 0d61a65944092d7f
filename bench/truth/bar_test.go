package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestABarSaysWhetherItWasKept(t *testing.T) {
	for _, c := range []struct {
		b    bar
		want string
	}{
		{atMost("lag", 0.5, 1, ms), "lag|0.500 ms|||≤ 1.000 ms|kept"},
		{atMost("lag", 1.01, 1, ms), "lag|1.010 ms|||≤ 1.000 ms|MISSED"},
		{atMost("lag", math.NaN(), 1, ms), "lag|NaN ms|||≤ 1.000 ms|MISSED"},
		{atLeast("windows", 97, 97, percent), "windows|97.0 %|||≥ 97.0 %|kept"},
		{atLeast("windows", 96.9, 97, percent).beside(100), "windows|96.9 %|100.0 %|-3.10 %|≥ 97.0 %|MISSED"},
		{within("p99", 104.4, 100, 0.04, 0.5, ms), "p99|104.400 ms|100.000 ms|+4.40 %|± 4 % + 0.500 ms|kept"},
		{within("p99", 95.4, 100, 0.04, 0.5, ms), "p99|95.400 ms|100.000 ms|-4.60 %|± 4 % + 0.500 ms|MISSED"},
		{within("p99", 95, 100, 0.05, 0, ms), "p99|95.000 ms|100.000 ms|-5.00 %|± 5 %|kept"},
		{within("p99", math.Inf(1), 100, 0.05, 0, ms), "p99|+Inf ms|100.000 ms|+Inf %|± 5 %|MISSED"},
		{exactly("rows", 7, 7), "rows|7|7||the same|kept"},
		{exactly("rows", 6, 7), "rows|6|7|-14.29 %|the same|MISSED"},
		{none("lost", 0), "lost|0|||none|kept"},
		{none("lost", 2), "lost|2|||none|MISSED"},
		{shown("slope", 1, ms).beside(0), "slope|1.000 ms|0.000 ms|1.000 ms||"},
		{shown("rows", 3, count), "rows|3||||"},
	} {
		if got := strings.Join(c.b.cells(), "|"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		b, err := json.Marshal(c.b)
		var back bar
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || back.Kept != c.b.Kept || back.Name != c.b.Name {
			t.Errorf("%s: %s comes back as %+v (%v)", c.want, b, back, err)
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

// TestMachinesOfAKindAreTheSame, and of as many cores of another kind another.
func TestMachinesOfAKindAreTheSame(t *testing.T) {
	if a := machineOf("X 9000"); a == machineOf("X 9001") || a != machineOf("X 9000") || !strings.Contains(a, " cores of X 9000, ") {
		t.Error(a)
	}
	if unknown := machineOf(""); strings.Contains(unknown, " of ") {
		t.Error(unknown)
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
	for i, s := range studies {
		if rank(s.name) != i {
			t.Errorf("%s stands twice", s.name)
		}
	}
}
