package scenarios

import (
	"testing"
	"time"
)

// TestWorkCountsRequestsNotIterations: a task of ten steps counted as one.
func TestWorkCountsRequestsNotIterations(t *testing.T) {
	const head = `
version: 1
name: w
target: {base_url: "http://127.0.0.1:1"}
users:
  u:
    tasks:
      short: {weight: 3, steps: [{get: /a}]}
      long: {weight: 1, steps: [{get: /a}, {get: /b}, {get: /c}, {get: /d}, {get: /e}]}
      off: {weight: 0, steps: [{get: /a}, {get: /b}]}
phases:
`
	const flow = "  - {name: f, executor: constant-arrival-rate, duration: 10s, rate: 100/s"
	const hold = "  - {name: h, executor: held-connections, user: u, connections: 600, connect_rate: 60/s, hold: 60s, heartbeat: {task: short, every: 6s}}\n"
	for name, c := range map[string]struct {
		phases string
		want   []Work
	}{
		"shared":                            {flow + "}", []Work{{200, 0}}},
		"none":                              {flow + ", pool: {reuse: none}}", []Work{{200, 200}}},
		"none, limit":                       {flow + ", pool: {reuse: none, connect_rate: 50/s}}", []Work{{200, 50}}},
		"user":                              {flow + ", pool: {reuse: user}}", []Work{{200, 100}}},
		"max_requests":                      {flow + ", pool: {max_requests: 100}}", []Work{{200, 200. / 90}}},
		"max_age":                           {flow + ", max_vus: 90, pool: {max_age: 10s}}", []Work{{200, 10}}},
		"never that old":                    {"  - {name: c, executor: constant-vus, vus: 90, duration: 5s, pool: {max_age: 10s}}", []Work{{}}},
		"aged, closed":                      {"  - {name: c, executor: constant-vus, vus: 90, duration: 50s, pool: {max_age: 10s}}", []Work{{0, 10}}},
		"closed":                            {"  - {name: c, executor: constant-vus, vus: 10, duration: 5s}", []Work{{}}},
		"held, and then arrivals over them": {hold + flow + ", over: h, start: {with: h, after: connected}}", []Work{{100, 60}, {300, 0}}},
		"held, and arrivals from its begin": {hold + flow + ", pool: {reuse: none}, start: {with: h, after: begin}}", []Work{{300, 260}, {300, 260}}},
	} {
		s, err := Parse("w.yaml", []byte(head+c.phases), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		got := s.Work()
		for i, want := range c.want {
			if diff := got[i].Requests - want.Requests; diff > 1e-6 || diff < -1e-6 {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			if diff := got[i].Opened - want.Opened; diff > 1e-6 || diff < -1e-6 {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}

// TestALevelAsksForItsRateOnce: the phase that settled goes on without arrivals beside it, and counted a second time.
func TestALevelAsksForItsRateOnce(t *testing.T) {
	s := level(t, holding, Level{Rate: 50, Settle: time.Second, Length: 5 * time.Second})
	for i, w := range s.Work() {
		if w.Requests > 50 {
			t.Errorf("%g requests a second when %s begins", w.Requests, s.Phases[i].Name)
		}
	}
}
