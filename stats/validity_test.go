package stats

import (
	"slices"
	"testing"
	"time"
)

// TestLimitsOfTheGeneratorComeFirst: what makes a run invalid is told before what
// degrades it, and a limit that was hit each second is named once.
func TestLimitsOfTheGeneratorComeFirst(t *testing.T) {
	r := &Run{Layout: &Layout{}, Info: Info{OnLoss: "degrade"}}
	r.Agents = []AgentTotal{{Name: "a-1", Lost: "killed", LostAt: time.Second}}
	for _, text := range []string{
		"a-1: out of files: raise the limit (connections not opened or given up: 1)",
		"a-1: out of files: raise the limit (connections not opened or given up: 70)",
		"a-2: out of ports: use more addresses (connections not opened or given up: 1)",
	} {
		r.Events = append(r.Events, Event{Level: Severe, Kind: "generator", Text: text})
	}
	r.Events = append(r.Events, Event{Level: Warning, Kind: "generator", Text: "no limit"})
	got := JudgeValidity(r)
	want := []string{
		"the generator hit a limit of its own: a-1: out of files: raise the limit",
		"the generator hit a limit of its own: a-2: out of ports: use more addresses",
		"limits of the generator were hit once more, listed with the events",
		"agent a-1 was lost at 1s: killed",
	}
	if got.Verdict != Invalid || !slices.Equal(got.Reasons, want) {
		t.Errorf("%s %q\nwant invalid %q", got.Verdict, got.Reasons, want)
	}
}
