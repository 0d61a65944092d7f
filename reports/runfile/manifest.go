package runfile

import (
	"time"

	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// manifestFile says what a directory holds. It is written last.
const manifestFile = "run.json"

// ManifestSchema names the format of run.json.
const ManifestSchema = "loadctl.run/v1"

// A Manifest is run.json: what was run, with what, on what, and how it ended.
type Manifest struct {
	Schema   string            `json:"schema"`
	RunID    string            `json:"run_id"`
	Scenario ManifestScenario  `json:"scenario"`
	Tool     string            `json:"tool"`
	Args     []string          `json:"args"`
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended"`
	Target   string            `json:"target"`
	Seed     uint64            `json:"seed"`
	Model    string            `json:"model"`
	Arrivals string            `json:"arrivals"`
	Pacing   string            `json:"pacing"`
	Machine  map[string]string `json:"machine"`
	Phases   []string          `json:"phases"`
	Agents   []string          `json:"agents"`
	Verdict  string            `json:"verdict"`
	ExitCode int               `json:"exit_code"`
	Validity string            `json:"validity"`
	Files    map[string]string `json:"files"` // name to SHA-256
}

// ManifestScenario names the scenario and its exact text.
type ManifestScenario struct {
	Name        string            `json:"name"`
	File        string            `json:"file"`
	SHA256      string            `json:"sha256"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

func manifestOf(r *stats.Run, v *view.View, sums map[string]string) Manifest {
	i := r.Info
	m := Manifest{
		Schema: ManifestSchema, RunID: i.RunID,
		Scenario: ManifestScenario{i.Scenario, i.File, i.SHA256, i.Description, i.Tags},
		Tool:     i.Tool, Args: append([]string{}, i.Args...),
		Started: i.Started.UTC(), Ended: i.Started.Add(v.Length).UTC(),
		Target: i.Target, Seed: i.Seed, Model: i.Model, Arrivals: i.Arrivals, Pacing: i.Pacing, Machine: i.Machine,
		Phases: []string{}, Agents: []string{},
		Verdict: v.Verdict, ExitCode: v.ExitCode, Validity: v.Validity.Verdict, Files: sums,
	}
	for _, p := range v.Phases {
		m.Phases = append(m.Phases, p.Name)
	}
	for _, a := range v.Agents {
		m.Agents = append(m.Agents, a.Name)
	}
	return m
}
