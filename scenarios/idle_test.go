package scenarios

import (
	"math"
	"testing"
	"time"
)

func TestIdleIsTheMeanWaitOfAnIteration(t *testing.T) {
	for name, c := range map[string]struct {
		user string
		want time.Duration // < 0: not fixed
	}{
		"no wait":  {`{tasks: {a: {steps: [{get: /}]}}}`, 0},
		"constant": {`{wait_time: 100ms, tasks: {a: {steps: [{get: /}]}}}`, 100 * time.Millisecond},
		"thinks":   {`{wait_time: 100ms, tasks: {a: {weight: 3, steps: [{get: /}, {think: 40ms}, {get: /b}]}, b: {steps: [{get: /}]}}}`, 130 * time.Millisecond},
		"between":  {`{wait_time: {between: [1s, 2s]}, tasks: {a: {steps: [{get: /}]}}}`, 1500 * time.Millisecond},
		"paced":    {`{wait_time: {pacing: 1s}, tasks: {a: {steps: [{get: /}]}}}`, -1},
	} {
		s, err := Parse("test.yaml", []byte(`
version: 1
name: idle
target: {base_url: "http://127.0.0.1:1"}
users: {u: `+c.user+`}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 5, duration: 10s}
`), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := time.Duration(-1)
		if idle := s.Idle(); idle != nil {
			got = *idle
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestUsersWhoPauseAskNoMoreThanThat, whoever serves them.
func TestUsersWhoPauseAskNoMoreThanThat(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want float64
	}{
		"nobody pauses":       {"{tasks: {a: {steps: [{get: /}]}}}", "", 0},
		"one kind":            {"{wait_time: {between: [1s, 3s]}, tasks: {a: {steps: [{get: /}]}}}", "", 30},
		"who thinks":          {"{tasks: {a: {steps: [{get: /}, {think: 500ms}, {get: /b}]}}}", "", 120},
		"who is paced":        {"{wait_time: {pacing: 4s}, tasks: {a: {steps: [{get: /}]}}}", "", 15},
		"two kinds":           {"{wait_time: 1s, tasks: {a: {steps: [{get: /}]}}}", "{wait_time: 500ms, tasks: {a: {steps: [{get: /}]}}}", 90},
		"one does not pause":  {"{wait_time: 1s, tasks: {a: {steps: [{get: /}]}}}", "{tasks: {a: {steps: [{get: /}]}}}", 0},
		"waits of no length ": {"{wait_time: 0s, tasks: {a: {steps: [{get: /}]}}}", "", 0},
	} {
		users, phases := "{a: "+c.a, "  - {executor: constant-arrival-rate, name: a, user: a, rate: 7/s, duration: 10s}\n"
		if c.b != "" {
			users += ", b: " + c.b
			phases += "  - {executor: constant-arrival-rate, name: b, user: b, rate: 7/s, duration: 10s}\n"
		}
		s, err := Parse("test.yaml", []byte("version: 1\ntarget: {base_url: \"http://127.0.0.1:1\"}\nusers: "+users+"}\nphases:\n"+phases),
			Options{Level: &Level{Users: 60, Settle: 1, Length: 1, SLO: []string{"failed: rate<1%"}}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.AskAtMost(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v a second, want %v", name, got, c.want)
		}
	}
}
