package main

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/bench/internal/harms"
)

// TestRowsOfFaultsStay while others are made again, in the order of faults.
func TestRowsOfFaultsStay(t *testing.T) {
	var r faultReport
	for _, row := range []harms.Row{
		{Fault: "clean", What: "nothing is done", Must: "0 of 20 invalid", Runs: []harms.Run{{}, {}, {}}, Invalid: 1, Wrong: 2, Degraded: 1, Disturbed: []harms.Run{{Verdict: "invalid", Exit: 97}, {}}},
		{Fault: "no longer there"},
		{Fault: "stopped", What: "an agent stands still"},
		{Fault: "stopped", What: "an agent stands still", Reason: "stood", Kept: true, Invalid: 20, Right: 19, Must: "≥ 19 of 20",
			Runs: []harms.Run{{Reasons: []string{"late by 3s"}}}},
	} {
		r.put(row, harms.All())
	}
	var lines []string
	for _, cells := range r.table() {
		lines = append(lines, strings.Join(cells, "|"))
	}
	want := "fault|runs|invalid|right reason|degraded|must||disturbed\n" +
		"an agent stands still|1|20|19||≥ 19 of 20|kept|0\n" +
		"nothing is done|3|1, 1 more failed||1|0 of 20 invalid|MISSED|2 more, 1 of them invalid"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if page := r.markdown(); !strings.Contains(page, "The right reason matches `stood`.\n\n- 1 of 1: late by #") {
		t.Errorf("no reason on\n%s", page)
	}
}
