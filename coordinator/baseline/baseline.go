// Package baseline has stored baselines as values: what a candidate is compared with where no
// second target runs. They are small files, meant to be committed beside the scenario. A baseline says
// of which scenario and machine it is, and the package refuses to lend it to others, or to take a run into it
// that was no valid measurement. It reads and writes no file.
package baseline

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// Schema names the format.
const Schema = "loadctl.baseline/v1"

// A Baseline is one stored baseline.
type Baseline struct {
	Schema       string            `json:"schema"`
	Name         string            `json:"name"`
	Scenario     string            `json:"scenario"`        // its name
	ScenarioHash string            `json:"scenario_sha256"` // of what it means, in hexadecimal digits
	Vars         map[string]string `json:"vars,omitempty"`  // variables of the scenario that were not the file's; no secrets
	Target       string            `json:"target"`
	Fingerprint  Fingerprint       `json:"fingerprint"`
	Capacity     *Capacity         `json:"capacity,omitempty"` // nil = it was not searched
	Runs         []Run             `json:"runs"`               // oldest first
}

// A Capacity is what a capacity search found.
type Capacity struct {
	Value      float64        `json:"value"` // iterations a second
	Low        float64        `json:"low"`
	High       float64        `json:"high"` // 0 = not known
	Elasticity float64        `json:"elasticity"`
	Clump      float64        `json:"clump"`
	Clauses    []trial.Clause `json:"clauses"` // of the SLO that it holds
}

// A Run is one stored run. What is not known is 0.
type Run struct {
	ID         string    `json:"id"`
	Time       time.Time `json:"time"`
	Host       string    `json:"host"`
	Rate       float64   `json:"rate"` // iterations a second that were asked
	Trials     int       `json:"trials"`
	P50MS      float64   `json:"p50_ms"` // response time, geometric means over trials
	P99MS      float64   `json:"p99_ms"`
	Failed     float64   `json:"failed"`     // share
	Throughput float64   `json:"throughput"` // OK requests a second
	CPU        float64   `json:"cpu"`        // of the target, cores
}

// Path is where the baseline of a scenario is kept, below the directory of the project:
// baselines/<scenario>/<name>.json. What a file name cannot hold becomes a hyphen.
func Path(scenario, name string) string {
	return path.Join("baselines", fileName(scenario), fileName(name)+".json")
}

func fileName(s string) string {
	s = strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(s, "-"), "-.")
	if s == "" {
		return "unnamed"
	}
	return s
}

// Judged is what the summary of a run says of it, as far as a baseline asks.
type Judged struct {
	ID       string
	Validity string // stats.Valid, Degraded or Invalid
	Reasons  []string
	Verdict  string // pass, fail, inconclusive, invalid, aborted
	Scenario string // sha256
}

// Accept says why a run must not be stored: nil where it may. All reasons at once.
func (b *Baseline) Accept(run Judged) error {
	var all []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	refuse(run.Validity != "valid", "run %s is %s as a measurement%s: what is compared with it would be compared with the generator: run it again",
		run.ID, orUnknown(run.Validity), because(run.Reasons))
	refuse(run.Verdict == "aborted", "run %s was aborted: it did not measure what the scenario says: run it to its end", run.ID)
	refuse(run.Verdict == "fail", "run %s broke its own limits: a baseline that fails passes every candidate that fails: mend it first, or change the limits", run.ID)
	refuse(run.Scenario != "" && b.ScenarioHash != "" && run.Scenario != b.ScenarioHash, "run %s is of another scenario than baseline %s: store it under another name", run.ID, b.Name)
	for _, r := range b.Runs {
		refuse(r.ID == run.ID, "run %s is in baseline %s already", run.ID, b.Name)
	}
	return errors.Join(all...)
}

func orUnknown(s string) string {
	if s == "" {
		return "of unknown validity"
	}
	return s
}

func because(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, "; ") + ")"
}
