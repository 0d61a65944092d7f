package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const closesFile = `version: 1
target: {base_url: "http://127.0.0.1:8080"}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases:
`

func closesOf(t interface{ Fatal(...any) }, phases string) *Scenario {
	s, err := Parse("x.yaml", []byte(closesFile+phases), Options{})
	if err != nil {
		t.Fatal(err, phases)
	}
	return s
}

// TestFullestMinuteStraddlesThePeak: it ended where a stage ends, so half of what a
// rate brings that rises and falls was not counted.
func TestFullestMinuteStraddlesThePeak(t *testing.T) {
	s := closesOf(t, "  - {name: p, executor: ramping-arrival-rate, stages: [{target: 400/s, duration: 60s}, {target: 0/s, duration: 60s}], pool: {reuse: user}}\n")
	if got := s.ClosedFirst(time.Minute); got != 18_000 {
		t.Errorf("%d within a minute, want 18000", got)
	}
}

// drawnPhases are one to three phases of one to four stages that close connections.
func drawnPhases(t *rapid.T) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 3).Draw(t, "phases") {
		var stages []string
		for range rapid.IntRange(1, 4).Draw(t, "stages") {
			stages = append(stages, fmt.Sprintf("{target: %d/s, duration: %ds}", rapid.IntRange(0, 100).Draw(t, "rate"), rapid.IntRange(1, 20).Draw(t, "for")))
		}
		limit := ""
		if rapid.Bool().Draw(t, "limited") {
			limit = fmt.Sprintf(", connect_rate: %d/s", rapid.IntRange(1, 80).Draw(t, "limit"))
		}
		start := ""
		if i > 0 {
			start = fmt.Sprintf(", start: {with: p0, delay: %ds}", rapid.IntRange(0, 30).Draw(t, "delay"))
		}
		fmt.Fprintf(&b, "  - {name: p%d, executor: ramping-arrival-rate, start_rate: %d/s, stages: [%s], pool: {reuse: user%s}%s}\n",
			i, rapid.IntRange(4, 100).Draw(t, "from"), strings.Join(stages, ", "), limit, start)
	}
	return b.String()
}

// TestNoWindowClosesMore than is said, and the fullest of many hardly less.
func TestNoWindowClosesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := closesOf(t, drawnPhases(t))
		within := time.Duration(rapid.IntRange(1, 40).Draw(t, "within")) * time.Second
		c, step, fullest := s.closings(), 20*time.Millisecond, 0.0
		for at := time.Duration(0); at <= s.PlannedDuration(); at += step {
			fullest = max(fullest, c.until(at, within))
		}
		got := float64(s.ClosedFirst(within))
		// Half a step beside the fullest moment, three phases differ by 100/s each.
		if slack := 1 + 3*100*step.Seconds(); got < fullest-1e-6 || got > fullest+slack {
			t.Fatalf("%v within %v, but the fullest window has %v", got, within, fullest)
		}
	})
}
