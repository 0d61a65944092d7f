package scenarios

import (
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
