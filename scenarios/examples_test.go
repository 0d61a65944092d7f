package scenarios

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// examples are what each file promises in its comments.
var examples = map[string]struct {
	planned     time.Duration
	connections int
	model       string
}{
	"items.yaml":    {38 * time.Second, 2000, "open+hold"},
	"smoke.yaml":    {6 * time.Second, 20, "closed+open"},
	"ramp.yaml":     {22 * time.Second, 2000, "open"},
	"service.yaml":  {65 * time.Second, 100, "open"},
	"nodes.yaml":    {65 * time.Second, 200, "open"},
	"queue.yaml":    {23 * time.Second, 400, "open"},
	"hold-50k.yaml": {95 * time.Second, 50_000, "hold"},
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) != len(examples) {
		t.Fatalf("%d files, %d described here (%v)", len(files), len(examples), err)
	}
	for _, file := range files {
		s := parseFile(t, file, Options{})
		if len(s.Warnings) > 0 {
			t.Errorf("%s: warnings: %q", file, s.Warnings)
		}
		want := examples[file]
		if s.PlannedDuration() != want.planned || s.MaxConnections() != want.connections || s.Model() != want.model {
			t.Errorf("%s: planned %v, %d connections, model %s; want %+v",
				file, s.PlannedDuration(), s.MaxConnections(), s.Model(), want)
		}
		if len(s.Thresholds) == 0 || s.Name+".yaml" != file || s.Description == "" {
			t.Errorf("%s: %d thresholds, name %q, description %q", file, len(s.Thresholds), s.Name, s.Description)
		}
	}
}

// TestExampleSurvivesTheLossItProvidesFor: items.yaml redistributed the load of a lost
// agent, and ended the run with fewer than the two it starts.
func TestExampleSurvivesTheLossItProvidesFor(t *testing.T) {
	const agents = 2 // of a run on one machine, unless its load takes more
	for file := range examples {
		if a := parseFile(t, file, Options{}).Agents; a.OnLoss != Fail && a.Min >= agents {
			t.Errorf("%s: any loss leaves fewer than %d agents, so it is never survived", file, a.Min)
		}
	}
}

func parseFile(t *testing.T, file string, o Options) *Scenario {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(file, src, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}
