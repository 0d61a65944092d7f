package faults

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

func TestFaultsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]Fault{
		"clock=+500ms@3s,agent=local-1": {By: 500 * time.Millisecond, From: 3 * time.Second, Agent: "local-1"},
		"clock=-50ms@1m30s":             {By: -50 * time.Millisecond, From: 90 * time.Second},
		"clock=+1s":                     {By: time.Second},
		"clock=-5ms,agent=a-2":          {By: -5 * time.Millisecond, Agent: "a-2"},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if again, err := Parse(got.String()); err != nil || again != want {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	if f, err := Parse("clock=500ms@0s"); err != nil || f != (Fault{By: 500 * time.Millisecond}) {
		t.Errorf("from 0s on: %+v, %v; want from before the run", f, err)
	}
}

func TestMistakesInFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `there is no fault called ""`,
		"cpu=1":                 `there is no fault called "cpu"`,
		"clock":                 `a clock is set by a duration other than 0, got ""`,
		"clock=0s":              `a clock is set by a duration other than 0, got "0s"`,
		"clock=500":             `a clock is set by a duration other than 0, got "500"`,
		"clock=1s@soon":         `an offset is a duration from the beginning of the run, got "soon"`,
		"clock=1s@-1s":          `an offset is a duration from the beginning of the run, got "-1s"`,
		"clock=1s,host=a":       `"host=a" names no agent`,
		"clock=1s,agent=":       `"agent=" names no agent`,
		"clock=1s,agent=a,b":    `"agent=a,b" names no agent`,
		"clock=1s,agent=a@3s,x": "names no agent",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "such as clock=+500ms@3s") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestAWallClockIsWrongByWhatApplies(t *testing.T) {
	all := []Fault{
		{By: 500 * time.Millisecond},
		{By: 20 * time.Millisecond, From: 2 * time.Second, Agent: "a-1"},
		{By: -30 * time.Millisecond, From: 4 * time.Second, Agent: "a-1"},
	}
	for _, c := range []struct {
		agent    string
		at, want time.Duration
	}{
		{"a-1", -time.Second, 500}, {"a-1", 1999 * time.Millisecond, 500}, {"a-1", 2 * time.Second, 520}, {"a-1", 9 * time.Second, 490},
		{"a-2", -time.Second, 500}, {"a-2", 9 * time.Second, 500},
	} {
		if got := WallShift(all, c.agent)(stats.Offset(c.at)); got != c.want*time.Millisecond {
			t.Errorf("%s at %s is wrong by %s", c.agent, c.at, got)
		}
	}
	if WallShift(all[1:], "a-2") != nil || WallShift(nil, "a-1") != nil {
		t.Error("a clock that nothing is wrong with is falsified")
	}
}
