package text

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
)

// mixed is a scenario with every kind of load.
const mixed = `version: 1
name: mixed
target: {base_url: "http://10.0.0.9"}
users: {u: {tasks: {a: {steps: [{get: /a}]}}}}
phases:
  - {name: warm-up, executor: constant-vus, vus: 5, duration: 2s, record: false}
  - {name: hold, executor: held-connections, connections: 1500, connect_rate: 1000/s, hold: 4s}
  - {name: steady, executor: constant-arrival-rate, rate: 30/s, duration: 3s, over: hold, start: {with: hold, after: connected}}
`

func timeline(t *testing.T, agents int) string {
	t.Helper()
	s, err := scenarios.Parse("mixed.yaml", []byte(mixed), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	line, err := plan.Explain(s, 7, plan.AgentNames("local", agents), 0)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Timeline(&b, line); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTimeline(t *testing.T) { golden(t, "timeline.txt", timeline(t, 2)) }

// TestManyAgentsShareOneColumn: a line stays a line however many agents there are.
func TestManyAgentsShareOneColumn(t *testing.T) {
	got := timeline(t, 40)
	golden(t, "timeline-40.txt", got)
	if strings.Contains(got, "local-") {
		t.Error("an agent has a column of its own")
	}
}
