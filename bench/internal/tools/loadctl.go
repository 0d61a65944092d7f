package tools

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const scenario = `version: 1
name: beside
target: {base_url: %q}
http: {timeout: 10s}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: %g/s, arrivals: %s, duration: %s, max_lag: 10s}
slo: {failed: [rate<=1]}
`

// loadctl has no limit of times: what is asked for here are the times themselves, and
// a generous limit would let its generator be as generously late.
func loadctl(binary string) Tool {
	law := func(l Load) string {
		if l.Poisson {
			return "poisson"
		}
		return "uniform"
	}
	return Tool{Name: "loadctl", Binary: binary, Poisson: true, Read: readLoadctl,
		Makes: func(l Load) string { return law(l) + " arrivals at the rate" },
		Words: func(l Load) ([]string, error) {
			file, err := l.write("beside.yaml", fmt.Sprintf(scenario, l.URL, l.Rate, law(l), l.Length))
			return []string{binary, "run", "--ui", "none", "--runs", filepath.Join(l.Dir, "runs"), file}, err
		}}
}

// readLoadctl reads the summary of the one run in dir.
func readLoadctl(_, dir string) (s Said, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return s, fmt.Errorf("%d summaries of loadctl in %s", len(files), dir)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return s, err
	}
	return parseSummary(b)
}

// A summary is what of summary.json is told. A percentile is null there where failed requests
// reach into it, and where there were too few requests to name it: that one is withheld, and
// the run says nothing of it.
type summary struct {
	Response   struct{ P50, P99, P999 *float64 } `json:"response_ms"`
	Confidence []struct {
		P        float64
		Withheld bool
	}
	Validity struct {
		Verdict string
		Reasons []string
	}
	Failed float64 `json:"failed_rate"`
}

func parseSummary(b []byte) (s Said, err error) {
	var r summary
	if err := json.Unmarshal(b, &r); err != nil {
		return s, fmt.Errorf("loadctl's summary: %w", err)
	}
	s.P50, s.P99, s.P999 = r.time(50, r.Response.P50), r.time(99, r.Response.P99), r.time(99.9, r.Response.P999)
	s.Notes = append(s.Notes, "validity "+r.Validity.Verdict)
	s.Notes = append(s.Notes, r.Validity.Reasons...)
	if r.Failed > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("failed %.2g %%", 100*r.Failed))
	}
	return s, nil
}

// time is that of a percentile: not known where it is withheld, or null though nothing failed.
func (r *summary) time(p float64, v *float64) Time {
	switch {
	case v != nil:
		return MS(*v)
	case r.Failed == 0 || r.withheld(p):
		return Time{}
	}
	return Never()
}

func (r *summary) withheld(p float64) bool {
	for _, c := range r.Confidence {
		if c.P == p {
			return c.Withheld
		}
	}
	return false
}
