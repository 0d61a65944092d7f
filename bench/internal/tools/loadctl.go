package tools

import (
	"fmt"
	"path/filepath"

	"github.com/loadctl/loadctl/bench/internal/summary"
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
func readLoadctl(_, dir string) (Said, error) {
	_, r, err := summary.Read(filepath.Join(dir, "runs"))
	return saidBy(r), err
}

func saidBy(r summary.Summary) (s Said) {
	s.P50, s.P99, s.P999 = timeOf(&r, 50, r.Response.P50), timeOf(&r, 99, r.Response.P99), timeOf(&r, 99.9, r.Response.P999)
	s.Notes = append(s.Notes, "validity "+r.Validity.Verdict)
	s.Notes = append(s.Notes, r.Validity.Reasons...)
	if r.Failed > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("failed %.2g %%", 100*r.Failed))
	}
	return s
}

// timeOf is that of a percentile: not known where it is withheld, or null though nothing failed.
func timeOf(r *summary.Summary, p float64, v *float64) Time {
	switch {
	case v != nil:
		return MS(*v)
	case r.Failed == 0 || r.Withheld(p):
		return Time{}
	}
	return Never()
}
